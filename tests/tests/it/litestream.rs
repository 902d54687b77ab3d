//! Litestream beside the daemon: what it keeps elsewhere can be gone on from.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rusqlite::Connection;

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::running::{Daemon, QUIET, count, wait_until};
use crate::server::Server;

/// Where the program is, if it is not on the path.
const PROGRAM: &str = "DATA_SYNC_LITESTREAM";

#[test]
fn heavy_what_litestream_restores_is_the_replica_and_is_gone_on_from() {
    let Some(program) = program() else {
        eprintln!("SKIPPED: there is no litestream; `cargo xtask test` installs it");
        return;
    };
    let case = Case::new(Server::Postgres, orders(Server::Postgres));
    case.sql("SELECT fill(1, 5000)");
    case.configure(&format!("sync_interval = 0.1\ntables = [\"orders\"]\n{QUIET}"));
    let daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || count(&case, "tmp_orders") == Some(5000));
    let kept = format!("file://{}", case.folder.path().join("kept").display());
    let litestream = Litestream::replicate(&program, &case, &kept);

    for round in 1..=10 {
        let (from, to) = (5000 + 1000 * (round - 1) + 1, 5000 + 1000 * round);
        case.sql(&format!(
            "SELECT fill({from}, {to}); UPDATE orders SET note = 'round {round}' WHERE id % 10 = {}",
            round % 10
        ));
        wait_until("the rows of a round", &daemon, || count(&case, "tmp_orders") == Some(to));
    }
    let answer = "SELECT count(*), sum(id), max(note) FROM tmp_orders";
    let restored = case.folder.path().join("restored.db");
    wait_until("litestream to have it all", &daemon, || {
        let _ = std::fs::remove_file(&restored);
        let ran = Command::new(&program).args(["restore", "-o"]).arg(&restored).arg(&kept).output().unwrap();
        ran.status.success() && one_row(&restored, answer) == one_row(&case.replica_path(), answer)
    });
    drop((litestream, daemon));

    std::fs::rename(&restored, case.replica_path()).unwrap();
    for beside in ["replica.db-wal", "replica.db-shm"] {
        let _ = std::fs::remove_file(case.folder.path().join(beside));
    }
    case.sql("SELECT fill(15001, 15100)");
    let ran = case.sync();
    assert!(!ran.stderr.contains("copying again"), "{}", ran.stderr);
    assert_orders_equal(&case);
    assert_eq!(case.query("PRAGMA integrity_check"), "ok");
}

fn program() -> Option<PathBuf> {
    let named = std::env::var_os(PROGRAM).map_or_else(|| PathBuf::from("litestream"), PathBuf::from);
    Command::new(&named).arg("version").output().is_ok_and(|ran| ran.status.success()).then_some(named)
}

/// The answer, or what went wrong.
fn one_row(path: &std::path::Path, sql: &str) -> Result<(i64, i64, Option<String>), String> {
    let asked = Connection::open(path)
        .and_then(|file| file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))));
    asked.map_err(|error| error.to_string())
}

/// Killed when dropped.
struct Litestream(Child);

impl Litestream {
    fn replicate(program: &PathBuf, case: &Case, kept: &str) -> Self {
        let mut command = Command::new(program);
        command.arg("replicate").arg(case.replica_path()).arg(kept);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Litestream {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
