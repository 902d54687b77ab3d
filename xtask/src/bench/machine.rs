//! What the figures were measured on.

use std::process::Command;

use serde_json::{Value, json};

use super::Answer;
use super::lab::Lab;

#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    /// Program and version, one each.
    pub(super) versions: Vec<String>,
    /// The day, as the server tells it.
    pub(super) date: String,
}

impl Machine {
    pub(super) fn seen(lab: &Lab) -> Answer<Self> {
        let file = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = file.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let server = lab.database.query("SHOW server_version")?;
        let server = server.split_whitespace().next().unwrap_or_default().to_owned();
        let mut versions = vec![format!("PostgreSQL {server}")];
        versions.extend(said("rustc", &["--version"]));
        versions.extend(said("uname", &["-sr"]));
        Ok(Self {
            processor: processor.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned()),
            cores: std::thread::available_parallelism()?.get(),
            versions,
            date: lab.database.query("SELECT current_date")?,
        })
    }

    pub(super) fn json(&self) -> Value {
        let Self { processor, cores, versions, date } = self;
        json!({ "processor": processor, "cores": cores, "versions": versions, "date": date })
    }
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let answer = Command::new(program).args(arguments).output().ok()?;
    Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}
