//! The real program, run as a user would.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::MetadataCommand;
use serde_json::Value;

use super::shop::TABLES;
use crate::Outcome;
use crate::cargo::{cargo, in_workspace, succeed};

/// The file of the replica, beside the configuration.
pub(super) const REPLICA: &str = "shop.db";

type Answer<T> = Result<T, Box<dyn std::error::Error>>;

/// `data-sync` with the demo's configuration.
pub(super) struct DataSync {
    program: PathBuf,
    folder: PathBuf,
}

impl DataSync {
    /// Builds it as tests do, which costs less time than an optimised build would save here.
    pub(super) fn build(folder: PathBuf) -> Answer<Self> {
        println!("Building data-sync …");
        succeed(&mut cargo(["build", "--package", "sync-runner", "--bin", "data-sync"]))?;
        let metadata = MetadataCommand::new().current_dir(test_servers::workspace_root()).no_deps().exec()?;
        let program = metadata.target_directory.join("debug/data-sync").into_std_path_buf();
        Ok(Self { program, folder })
    }

    pub(super) fn configure(&self, text: &str) -> Outcome {
        Ok(std::fs::write(self.configuration(), text)?)
    }

    /// Brings the replica up to date.
    pub(super) fn sync(&self) -> Outcome {
        self.run(&["sync"]).map(drop)
    }

    /// What a query prints.
    pub(super) fn query(&self, sql: &str) -> Answer<String> {
        self.run(&["query", sql])
    }

    /// How many rows each table has, and how old the newest of them is.
    pub(super) fn freshness(&self) -> Answer<String> {
        let row = self.row(&freshness_query())?;
        let count = |table: &super::shop::Table| format!("{} {}", table.source, row[table.source]);
        let counts: Vec<String> = TABLES.iter().map(count).collect();
        Ok(format!("{}  newest change {} s ago", counts.join("  "), row["age"]))
    }

    /// The line that a reader can paste to run a query.
    pub(super) fn query_line(&self, sql: &str) -> String {
        format!("$ {} --config {} query \"{sql}\"", shown(&self.program), shown(&self.configuration()))
    }

    pub(super) fn replica(&self) -> String {
        shown(&self.folder.join(REPLICA))
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("data-sync.toml")
    }

    /// The one row of an answer, whether the program wraps its rows or not.
    fn row(&self, sql: &str) -> Answer<Value> {
        let text = self.run(&["query", "--json", sql])?;
        let answer: Value = serde_json::from_str(&text).map_err(|reason| format!("{reason} in {text}"))?;
        let rows = answer.get("result").unwrap_or(&answer);
        Ok(rows.get(0).ok_or_else(|| format!("no row in {text}"))?.clone())
    }

    fn run(&self, arguments: &[&str]) -> Answer<String> {
        let mut command = Command::new(&self.program);
        in_workspace(&mut command);
        let answer = command.arg("--config").arg(self.configuration()).args(arguments).stdin(Stdio::null()).output()?;
        if answer.status.success() {
            return Ok(String::from_utf8_lossy(&answer.stdout).into_owned());
        }
        let reason = String::from_utf8_lossy(&answer.stderr);
        Err(format!("`data-sync {}` ended with {}:\n{}", arguments[0], answer.status, reason.trim()).into())
    }
}

fn freshness_query() -> String {
    let counts = TABLES.iter().map(|table| format!("(SELECT count(*) FROM {}) AS {:?}", table.replica, table.source));
    let newest = TABLES.iter().filter_map(|table| {
        table.changed.map(|column| format!("(SELECT max(julianday({column})) FROM {})", table.replica))
    });
    let counts: Vec<String> = counts.collect();
    let newest: Vec<String> = newest.collect();
    format!("SELECT {}, round((julianday('now') - max({})) * 86400, 1) AS age", counts.join(", "), newest.join(", "))
}

/// As short as it can be written from the root of the checkout.
fn shown(path: &Path) -> String {
    path.strip_prefix(test_servers::workspace_root()).unwrap_or(path).display().to_string()
}
