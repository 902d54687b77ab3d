//! Tables of a server with a replica, and what a test may do to either.

use std::path::Path;

use sink_sqlite::rusqlite::Connection;
use tempfile::TempDir;
use test_servers::{Database, Postgres};

use crate::command::{Ran, folder, run};
use crate::daemon::number;

pub(crate) struct Shop {
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
}

impl Shop {
    /// `users` with the ids 1 to `rows`, synced once; `more` stands at the top of the configuration.
    pub(crate) fn synced(rows: u32, more: &str) -> Self {
        let database = Postgres::shared().database().unwrap();
        database.execute("CREATE TABLE users (id int PRIMARY KEY, name text)").unwrap();
        database
            .execute(&format!("INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, {rows}) AS n"))
            .unwrap();
        let config = format!(
            "{more}\ntables = [\"users\"]\n[http]\nlisten = \"127.0.0.1:0\"\n[source]\nurl = \"{}\"\n",
            database.url()
        );
        let shop = Self { database, folder: folder(&config) };
        assert_eq!(shop.run(&["sync"]).code, 0);
        shop
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(self.path(), arguments)
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let ran = self.run(arguments);
        let json = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr));
        (ran.code, json)
    }

    /// Runs SQL in the replica, behind everybody's back.
    pub(crate) fn tamper(&self, sql: &str) {
        Connection::open(self.path().join("replica.db")).unwrap().execute_batch(sql).unwrap();
    }

    pub(crate) fn rows(&self) -> Option<i64> {
        number(self.path(), "SELECT count(*) FROM tmp_users")
    }
}
