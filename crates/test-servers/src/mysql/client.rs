//! SQL through the server's own client.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::account::clear_client_settings;
use crate::{Error, Result, shortened};

/// The client of one server.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) program: PathBuf,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Client {
    /// Runs the statements one after the other, each in a transaction of its own unless they say BEGIN, as `root`. Answers
    /// what they print: columns separated by `|`, no headers; the first one that fails ends it.
    pub(super) fn run(&self, database: &str, sql: &str) -> Result<String> {
        self.answer(database, sql, &[])
    }

    /// Likewise, and a statement that fails does not keep the next ones from being run.
    pub(super) fn run_all(&self, database: &str, sql: &str) -> Result<String> {
        self.answer(database, sql, &["--force"])
    }

    fn answer(&self, database: &str, sql: &str, options: &[&str]) -> Result<String> {
        let answer = self.ask(database, sql, options).map_err(Error::doing("cannot run the client"))?;
        if answer.status.success() {
            let text = String::from_utf8_lossy(&answer.stdout);
            // A tab inside a value comes as `\t`.
            return Ok(text.strip_suffix('\n').unwrap_or(&text).replace('\t', "|"));
        }
        let reason = String::from_utf8_lossy(&answer.stderr);
        Err(Error::new(format!("{} in: {}", reason.trim(), shortened(sql))))
    }

    fn ask(&self, database: &str, sql: &str, options: &[&str]) -> std::io::Result<Output> {
        let mut command = Command::new(&self.program);
        clear_client_settings(&mut command);
        let mut child = command
            .args(["--no-defaults", "--batch", "--skip-column-names", "--binary-mode", "--user=root"])
            .args(["--default-character-set=utf8mb4", "--connect-timeout=10", "--protocol=tcp"])
            .args(options)
            .args([format!("--host={}", self.host), format!("--port={}", self.port), format!("--database={database}")])
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
