//! The tests that run on every leg, and what the test runner says of them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use test_servers::install::Release;

use crate::cargo::in_workspace;

/// The columns of the page, in order.
pub(super) const COLUMNS: [&str; 3] = ["conformance", "types", "torture"];

const PACKAGES: [&str; 3] = ["source-postgres", "source-mysql", "sync-tests"];

/// Tests of one package, chosen by name.
pub(super) struct Suite {
    package: &'static str,
    filter: &'static str,
}

/// The suites of a release: one for each of [`COLUMNS`].
pub(super) fn of(release: Release) -> [Suite; 3] {
    let (package, torture) = if release.is_postgres() {
        ("source-postgres", "(test(/^torture::/) and not test(/^torture::mariadb/))")
    } else {
        ("source-mysql", "test(/^torture::mariadb/)")
    };
    [
        Suite { package, filter: "test(/^conformance::/)" },
        Suite { package, filter: "test(/^types::/)" },
        Suite { package: "sync-tests", filter: torture },
    ]
}

impl Suite {
    /// Runs it to its end, its failures shown; answers the cell of the page: `12 passed`.
    pub(super) fn run(
        &self,
        nextest: &Path,
        environment: &[(&'static str, String)],
    ) -> Result<String, Box<dyn std::error::Error>> {
        let mut command = Command::new(nextest);
        command.args(["nextest", "run", "--no-fail-fast", "--no-tests=pass", "--status-level=fail"]);
        command.arg("--final-status-level=fail");
        // All packages each time: another choice would have their dependencies compiled with other features, anew.
        command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
        command.args(["-E", &format!("package(={}) and {}", self.package, self.filter)]);
        in_workspace(&mut command);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut summary = String::new();
        for line in child.stderr.take().into_iter().flat_map(|stderr| BufReader::new(stderr).lines()) {
            let line = line?;
            eprintln!("{line}");
            if line.trim_start().starts_with("Summary ") {
                summary = line;
            }
        }
        let status = child.wait()?;
        cell(&summary, status.success()).ok_or_else(|| format!("the tests of {} did not run", self.package).into())
    }
}

/// Of `Summary [ 39.5s] 41 tests run: 40 passed, 1 failed, 0 skipped`: what is said of the tests that ran. Skipped ones are
/// those that were not chosen.
fn cell(summary: &str, succeeded: bool) -> Option<String> {
    let counts = summary.split_once(" run: ")?.1;
    let numbers: Vec<&str> = counts.split(", ").filter(|count| !count.trim_end().ends_with("skipped")).collect();
    let text = numbers.join(", ");
    if summary.contains(" 0 tests run") {
        Some("none".to_owned())
    } else {
        Some(text).filter(|_| succeeded || counts.contains("failed") || counts.contains("timed out"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_says_how_many_passed() {
        let passed = cell("     Summary [  39.593s] 41 tests run: 41 passed, 0 skipped", true);
        assert_eq!(passed.as_deref(), Some("41 passed"));
        let failed = cell("     Summary [   1.000s] 3 tests run: 2 passed (1 slow), 1 failed, 7 skipped", false);
        assert_eq!(failed.as_deref(), Some("2 passed (1 slow), 1 failed"));
        let none = cell("     Summary [   0.000s] 0 tests run: 0 passed, 7 skipped", true);
        assert_eq!(none.as_deref(), Some("none"));
        let all_failed = cell("     Summary [   1.647s] 2 tests run: 0 passed, 2 failed, 145 skipped", false);
        assert_eq!(all_failed.as_deref(), Some("0 passed, 2 failed"));
        assert_eq!(cell("", false), None, "it did not even compile");
    }
}
