//! A test's own database, folder and configuration, and the command run in it.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use test_servers::{Mysql, Postgres, Transactions};

use crate::server::{Client, Database, OwnServer, Server};

/// No command under test takes so long.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Case {
    pub(crate) database: Database,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Case {
    /// A fresh database in which this SQL was run.
    pub(crate) fn new(server: Server, sql: &str) -> Self {
        Self::of(Database::shared(server), sql)
    }

    /// Likewise, of what PostgreSQL alone has.
    pub(crate) fn postgres(sql: &str) -> Self {
        Self::new(Server::Postgres, sql)
    }

    /// Likewise on a server of the test's own.
    pub(crate) fn own(server: &OwnServer, sql: &str) -> Self {
        Self::of(server.database(), sql)
    }

    /// Likewise, of what PostgreSQL alone has.
    pub(crate) fn on(server: &Postgres, sql: &str) -> Self {
        Self::of(Database::Postgres(server.database().unwrap()), sql)
    }

    /// Likewise, of what MariaDB alone has.
    pub(crate) fn on_mariadb(server: &Mysql, sql: &str) -> Self {
        Self::of(Database::Mariadb(server.database().unwrap(), Transactions::Visible), sql)
    }

    fn of(database: Database, sql: &str) -> Self {
        if !sql.is_empty() {
            database.execute(sql);
        }
        Self { database, folder: tempfile::tempdir().unwrap() }
    }

    /// Keeps configuration and replica below this folder.
    pub(crate) fn in_folder(self, folder: PathBuf) -> Self {
        Self { folder: tempfile::tempdir_in(folder).unwrap(), ..self }
    }

    /// Writes the configuration: the source's address, then this text.
    pub(crate) fn configure(&self, rest: &str) {
        self.configure_with(rest, &format!("url = \"{}\"", self.database.url()));
    }

    /// Likewise, with another port: that of a proxy, or of a pooler.
    pub(crate) fn configure_at(&self, port: u16, rest: &str) {
        self.configure_with(rest, &format!("url = \"{}\"", self.url_at(port)));
    }

    /// Writes the configuration: settings of the top, then those of the source.
    pub(crate) fn configure_with(&self, rest: &str, source: &str) {
        let text = format!("{rest}\n[source]\n{source}\n");
        std::fs::write(self.folder.path().join("data-sync.toml"), text).unwrap();
    }

    pub(crate) fn url_at(&self, port: u16) -> String {
        self.database.url_at(port)
    }

    pub(crate) fn server(&self) -> Server {
        self.database.server()
    }

    /// Runs statements that are written as for PostgreSQL.
    pub(crate) fn sql(&self, sql: &str) {
        self.database.execute(sql);
    }

    /// One answer of the server, as its own text.
    pub(crate) fn ask(&self, sql: &str) -> String {
        self.database.query(sql).trim_end().to_owned()
    }

    /// A session at the server.
    pub(crate) fn connect(&self) -> Client {
        self.database.connect()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_data-sync-under-test"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        finish(self.start(arguments))
    }

    /// Syncs once, which must succeed.
    pub(crate) fn sync(&self) -> Ran {
        let ran = self.run(&["sync"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// Rows inserted, changed or deleted by one sync, over all tables.
    pub(crate) fn changed_by_sync(&self) -> u64 {
        let ran = self.run(&["sync", "--json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let count = |table: &serde_json::Value, key: &str| table[key].as_u64().unwrap();
        report["tables"].as_array().unwrap().iter().map(|table| count(table, "changed") + count(table, "deleted")).sum()
    }

    pub(crate) fn replica_path(&self) -> PathBuf {
        self.folder.path().join("replica.db")
    }

    pub(crate) fn replica(&self) -> Connection {
        Connection::open_with_flags(self.replica_path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    /// One answer of the replica: rows by line, columns by `|`, as psql prints them.
    pub(crate) fn query(&self, sql: &str) -> String {
        let replica = self.replica();
        let mut statement = replica.prepare(sql).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..width).map(|column| text(row.get_ref(column).unwrap())).collect();
            lines.push(cells.join("|"));
        }
        lines.join("\n")
    }
}

fn text(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(value) => String::from_utf8(value.to_vec()).unwrap(),
        ValueRef::Blob(value) => format!("{value:02x?}"),
    }
}

/// Waits for the end and collects what was printed; a command that hangs is killed and fails the test.
pub(crate) fn finish(mut child: Child) -> Ran {
    let mut out = child.stdout.take().unwrap();
    let mut err = child.stderr.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let errors = std::thread::spawn(move || {
            err.read_to_string(&mut stderr).unwrap();
            stderr
        });
        out.read_to_string(&mut stdout).unwrap();
        let stderr = errors.join().unwrap();
        sender.send(()).unwrap();
        (stdout, stderr)
    });
    let hangs = receiver.recv_timeout(PATIENCE).is_err();
    if hangs {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    let (stdout, stderr) = reader.join().unwrap();
    assert!(!hangs, "the command hangs: {stdout}{stderr}");
    Ran { code: status.code().unwrap_or(-1), stdout, stderr }
}
