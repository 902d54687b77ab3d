//! SQL through the server's own client.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::account::clear_client_settings;
use crate::{Error, Result, shortened};

/// How long one statement may take before the server ends it.
const STATEMENT_TIMEOUT: &str = "10min";

/// The client of one server.
#[derive(Debug, Clone)]
pub(crate) struct Psql {
    pub(crate) program: PathBuf,
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Psql {
    /// Runs the statements one after the other, each in a transaction of its own unless they say BEGIN, as `postgres`.
    /// Answers what they print: columns separated by `|`, no headers.
    pub(crate) fn run(&self, database: &str, sql: &str) -> Result<String> {
        let answer = self.answer(database, sql).map_err(Error::doing("cannot run psql"))?;
        if answer.status.success() {
            let text = String::from_utf8_lossy(&answer.stdout);
            return Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned());
        }
        let reason = String::from_utf8_lossy(&answer.stderr);
        Err(Error::new(format!("{} in: {}", reason.trim(), shortened(sql))))
    }

    fn answer(&self, database: &str, sql: &str) -> std::io::Result<Output> {
        let mut command = Command::new(&self.program);
        clear_client_settings(&mut command);
        let mut child = command
            .args(["-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-f", "-", "-U", "postgres"])
            .args(["-h", &self.host, "-p", &self.port.to_string(), "-d", database])
            .env("PGCONNECT_TIMEOUT", "10")
            .env("PGCLIENTENCODING", "UTF8")
            .env("PGAPPNAME", "test-servers")
            .env("PGOPTIONS", format!("-c statement_timeout={STATEMENT_TIMEOUT} -c client_min_messages=warning"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        std::thread::scope(|scope| {
            // Beside reading: a long script and a long answer would wait for each other.
            scope.spawn(move || input.map(|mut input| input.write_all(sql.as_bytes())));
            child.wait_with_output()
        })
    }
}
