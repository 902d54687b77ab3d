//! What a user would pick instead, on the same data in the same run.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Answer;
use super::lab::Lab;
use super::measured::Cost;
use crate::notice;

/// A tool that is there.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// `psql COPY csv | sqlite3 .import`.
    Shell,
    /// A script of ours for this interpreter.
    Script { python: PathBuf, script: &'static str },
}

const ADBC: &str = include_str!("adbc.py");
const DUCKDB: &str = include_str!("duckdb.py");

/// The peers that can be had; of each other one it is said why not.
pub(super) fn installed(lab: &Lab) -> Answer<Vec<Peer>> {
    let mut peers = Vec::new();
    match Command::new("sqlite3").arg("--version").output() {
        Ok(_) => peers.push(Peer { name: "psql COPY csv | sqlite3 .import".to_owned(), kind: Kind::Shell }),
        Err(reason) => notice(&format!("SKIPPED: the pipe into sqlite3. {reason}")),
    }
    let scripts = [
        ("ADBC", ADBC, ["adbc-driver-postgresql", "adbc-driver-sqlite", "pyarrow"].as_slice()),
        (
            "DuckDB",
            DUCKDB,
            &["duckdb", "duckdb-extensions", "duckdb-extension-postgres-scanner", "duckdb-extension-sqlite-scanner"],
        ),
    ];
    for (name, script, packages) in scripts {
        match environment(lab.root(), name, packages) {
            Ok((python, version)) => {
                peers.push(Peer { name: format!("{name} {version}"), kind: Kind::Script { python, script } })
            }
            Err(reason) => notice(&format!("SKIPPED: {name}. {reason}")),
        }
    }
    Ok(peers)
}

/// A virtual environment with these packages: its interpreter, and the version of the first package.
pub(super) fn environment(root: &Path, name: &str, packages: &[&str]) -> Answer<(PathBuf, String)> {
    let folder = root.join(format!("env-{}", name.to_lowercase()));
    let python = folder.join("bin/python");
    if !folder.join("complete").exists() {
        notice(&format!("installing {name} into {}", folder.display()));
        succeeded(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        succeeded(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(packages),
        )?;
        std::fs::write(folder.join("complete"), "")?;
    }
    let version = format!("import importlib.metadata as m; print(m.version({:?}))", packages[0]);
    Ok((python.clone(), succeeded(Command::new(&python).args(["-c", &version]))?))
}

fn succeeded(command: &mut Command) -> Answer<String> {
    let answer = command.output()?;
    if answer.status.success() {
        return Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&answer.stderr);
    Err(said.trim().lines().last().unwrap_or("it failed without a word").to_owned().into())
}

impl Peer {
    /// Copies a table into a new file.
    pub(super) fn copy(&self, lab: &Lab, table: &str) -> Answer<Cost> {
        let folder = lab.folder("peer", "")?;
        let file = folder.join("peer.db");
        let cost = match &self.kind {
            Kind::Shell => piped(lab, table, &file)?,
            Kind::Script { python, script } => {
                let mut command = Command::new(python);
                command.args(["-c", script, &lab.database.url(), table]).arg(&file);
                lab.run(&mut [command])?
            }
        };
        let made = super::lab::size(&file);
        std::fs::remove_dir_all(&folder)?;
        if made == 0 { Err(format!("{} left no file", self.name).into()) } else { Ok(cost) }
    }
}

fn piped(lab: &Lab, table: &str, file: &Path) -> Answer<Cost> {
    let types = format!(
        "SELECT string_agg(format('%I %s', attname, CASE WHEN attname = 'id' THEN 'INTEGER PRIMARY KEY'
             WHEN atttypid::regtype::text IN ('integer', 'bigint') THEN 'INTEGER'
             WHEN atttypid = 'float8'::regtype THEN 'REAL' ELSE 'TEXT' END), ', ' ORDER BY attnum)
         FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0"
    );
    let columns = lab.database.query(&types)?;
    succeeded(Command::new("sqlite3").arg(file).arg(format!("CREATE TABLE {table} ({columns})")))?;
    let from = lab.psql(&format!("COPY {table} TO STDOUT (FORMAT csv)"))?;
    let mut into = Command::new("sqlite3");
    into.arg(file).args(["-cmd", ".mode csv", &format!(".import /dev/stdin {table}")]);
    lab.run(&mut [from, into])
}
