//! A root in which there is nothing but the binary, its configuration, and the address of a name server.

use std::fs;
use std::path::Path;
use std::process::Command;

use test_servers::Postgres;

use super::name_server::NameServer;
use crate::{Outcome, notice};

/// An address of this machine at which nobody else answers questions.
const NAME_SERVER: &str = "127.53.0.1";
/// No file of the empty root knows it.
const HOST: &str = "database.test";
const ROWS: &str = "1000";

/// The binary finds a server by its name, and syncs a table of it.
pub(super) fn syncs_in(binary: &Path) -> Outcome {
    let database = Postgres::shared().database()?;
    database.execute(&format!(
        "CREATE TABLE words (id int PRIMARY KEY, word text NOT NULL); \
         INSERT INTO words SELECT n, md5(n::text) FROM generate_series(1, {ROWS}) n"
    ))?;
    let name_server = match NameServer::start(format!("{NAME_SERVER}:53").parse()?) {
        Ok(started) => started,
        Err(reason) => {
            notice(&format!("SKIPPED: only root can lay out an empty root and answer at port 53: {reason}"));
            return Ok(());
        }
    };
    let root = std::env::temp_dir().join(format!("data-sync-root-{}", std::process::id()));
    let outcome = lay_out(&root, binary, &database.url().replace("127.0.0.1", HOST))
        .map_err(Into::into)
        .and_then(|()| syncs(&root, &name_server));
    fs::remove_dir_all(&root)?;
    outcome
}

fn lay_out(root: &Path, binary: &Path, url: &str) -> std::io::Result<()> {
    fs::create_dir_all(root.join("etc"))?;
    fs::copy(binary, root.join("data-sync"))?;
    fs::write(root.join("etc/resolv.conf"), format!("nameserver {NAME_SERVER}\noptions timeout:2 attempts:2\n"))?;
    fs::write(root.join("data-sync.toml"), format!("tables = [\"words\"]\n[source]\nurl = \"{url}\"\n"))
}

fn syncs(root: &Path, name_server: &NameServer) -> Outcome {
    let count = "SELECT count(*) AS n FROM tmp_words";
    for arguments in [vec!["check"], vec!["sync"], vec!["query", count, "--json"]] {
        let ran = Command::new("chroot")
            .arg(root)
            .arg("/data-sync")
            .args(&arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin")
            .output()?;
        let (shown, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        if !ran.status.success() {
            return Err(format!("data-sync {} in an empty root: {shown}{said}", arguments[0]).into());
        }
        if arguments[0] == "query" && !shown.contains(ROWS) {
            return Err(format!("the replica in the empty root holds something else: {shown}").into());
        }
    }
    if name_server.asked() == 0 {
        return Err("the server was found without its name being looked up".into());
    }
    println!("in an empty root it looked a name up and synced {ROWS} rows");
    Ok(())
}
