//! `docs/compatibility.md`: a table with a row for each leg, and the text around it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use test_servers::workspace_root;

use super::names;
use super::suite::COLUMNS;

const TOP: &str = "\
# Compatibility

The same tests run against every release below: the conformance kit of sources, every type of value through the copy and
through a poll, and the torture of concurrent writers. `cargo xtask matrix` gets the servers, runs the tests and writes this
table; `--only mariadb-11.8` runs one leg. A leg whose server cannot be had where it runs is skipped, and says so.

";

const BOTTOM: &str = "
PostgreSQL comes from Debian or npm, MariaDB and MySQL from Debian's suites. `postgres-pgvector` is a build of PostgreSQL 18
that brings pgvector along. A release without a row has not been tested yet.
";

/// The page as it stands, row by row.
pub(super) struct Page {
    rows: BTreeMap<String, Row>,
}

/// What is known of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    line: String,
}

impl Page {
    /// The page of earlier runs: legs that do not run now keep their rows.
    pub(super) fn read() -> std::io::Result<Self> {
        let text = std::fs::read_to_string(path());
        let text =
            text.or_else(
                |error| if error.kind() == std::io::ErrorKind::NotFound { Ok(String::new()) } else { Err(error) },
            )?;
        Ok(Self::parsed(&text))
    }

    fn parsed(text: &str) -> Self {
        let named = |line: &str| {
            let name = names().find(|name| line.starts_with(&format!("| {name} |")))?;
            Some((name.to_owned(), Row { line: line.to_owned() }))
        };
        Self { rows: text.lines().filter_map(named).collect() }
    }

    /// Replaces the row of a leg. One that was only skipped does not replace what an earlier run found.
    pub(super) fn set(&mut self, name: &str, row: Row) {
        if !row.is_skipped() || self.rows.get(name).is_none_or(Row::is_skipped) {
            self.rows.insert(name.to_owned(), row);
        }
    }

    pub(super) fn write(&self) -> std::io::Result<()> {
        std::fs::write(path(), format!("{TOP}{}{BOTTOM}", self.table()))
    }

    /// The rows in their order.
    pub(super) fn table(&self) -> String {
        let mut table = format!("| release | version | {} | on |\n|---|---|", COLUMNS.join(" | "));
        table.push_str(&"---|".repeat(COLUMNS.len() + 1));
        table.push('\n');
        for row in names().filter_map(|name| self.rows.get(name)) {
            let _ = writeln!(table, "{}", row.line); // writing into a String cannot fail
        }
        table
    }
}

impl Row {
    pub(super) fn new(name: &str, version: &str, cells: Vec<String>) -> Self {
        Self { line: format!("| {name} | {version} | {} | {} |", cells.join(" | "), today()) }
    }

    /// Of a leg whose server cannot be had.
    pub(super) fn skipped(name: &str) -> Self {
        Self { line: format!("| {name} | not to be had |{} {} |", " skipped |".repeat(COLUMNS.len()), today()) }
    }

    /// Whether every test passed, and each suite has tests.
    pub(super) fn is_good(&self) -> bool {
        !["failed", "timed out", "none"].iter().any(|sign| self.line.contains(sign))
    }

    fn is_skipped(&self) -> bool {
        self.line.contains("| skipped |")
    }
}

fn path() -> PathBuf {
    workspace_root().join("docs/compatibility.md")
}

/// `2026-01-31`, in UTC.
fn today() -> String {
    let answer = Command::new("date").args(["-u", "+%F"]).output();
    answer.map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, cell: &str) -> Row {
        Row { line: format!("| {name} | 1.0 | {cell} | {cell} | {cell} | 2026-01-31 |") }
    }

    #[test]
    fn legs_that_do_not_run_keep_their_rows() {
        let mut page = Page { rows: BTreeMap::new() };
        page.set("mysql-9.7", row("mysql-9.7", "3 passed"));
        page.set("postgres-13", row("postgres-13", "5 passed"));
        let mut again = Page::parsed(&page.table());
        assert_eq!(again.rows, page.rows);
        again.set("mysql-9.7", row("mysql-9.7", "4 passed"));
        again.set("postgres-13", Row::skipped("postgres-13"));
        let lines: Vec<_> = again.table().lines().skip(2).map(str::to_owned).collect();
        assert_eq!(lines, [row("postgres-13", "5 passed").line, row("mysql-9.7", "4 passed").line]);
    }

    #[test]
    fn a_row_is_good_when_every_suite_ran_and_passed() {
        assert!(row("mysql-9.7", "3 passed").is_good());
        assert!(!row("mysql-9.7", "3 passed, 1 failed").is_good());
        assert!(!row("mysql-9.7", "none").is_good(), "a filter that finds nothing proves nothing");
    }
}
