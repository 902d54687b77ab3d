use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::client::Client;
use crate::{Result, percent};

/// The password of every reader.
const PASSWORD: &str = "reader's secret";

/// A database of its own for one test, with a login that may read it and nothing else. Both are dropped with the value,
/// whoever is still connected. A transaction that was prepared with XA holds its tables: roll it back before.
#[derive(Debug)]
pub struct MysqlDatabase {
    client: Client,
    name: String,
}

impl MysqlDatabase {
    pub(super) fn create(client: Client) -> Result<Self> {
        let name = unique_name();
        let password = PASSWORD.replace('\'', "''");
        // In a grant, an underscore of a database's name stands for any character.
        let pattern = name.replace('_', "\\_");
        client.run(
            "mysql",
            &format!(
                "CREATE DATABASE {name}; CREATE USER {name} IDENTIFIED BY '{password}'; GRANT SELECT ON `{pattern}`.* TO {name}"
            ),
        )?;
        Ok(Self { client, name })
    }

    /// Its name, a plain identifier.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The login that may only read it: for `GRANT … TO` when a test needs more.
    pub fn reader(&self) -> &str {
        &self.name
    }

    /// The address for somebody who may do everything: `mysql://root@127.0.0.1:PORT/NAME`.
    pub fn url(&self) -> String {
        self.address("root")
    }

    /// The address for the login that has `SELECT` on this database and nothing else.
    pub fn reader_url(&self) -> String {
        self.url_as(self.reader(), PASSWORD)
    }

    /// The address for a user with a password.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        self.address(&percent::login(user, password))
    }

    /// Runs statements as `root`, each in a transaction of its own unless they say BEGIN.
    ///
    /// # Errors
    /// The first statement that failed, with the server's message.
    pub fn execute(&self, sql: &str) -> Result<()> {
        self.query(sql).map(drop)
    }

    /// Runs statements and answers what they return as the client prints it: a line a row, columns separated by `|`, `NULL`
    /// for NULL; a tab, a line break, a zero byte and a backslash within a value as `\t`, `\n`, `\0` and `\\`.
    ///
    /// # Errors
    /// The first statement that failed, with the server's message.
    pub fn query(&self, sql: &str) -> Result<String> {
        self.client.run(&self.name, sql)
    }

    fn address(&self, login: &str) -> String {
        format!("mysql://{login}@{}:{}/{}", self.client.host, self.client.port, self.name)
    }
}

impl Drop for MysqlDatabase {
    fn drop(&mut self) {
        let Self { client, name } = self;
        // A session with an open transaction would keep its tables. A server that is gone took it all along.
        let sessions = format!(
            "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE db = '{name}' OR user = '{name}'"
        );
        let kills = client.run("mysql", &sessions).unwrap_or_default();
        let drops =
            format!("{kills}\nSET lock_wait_timeout = 10; DROP DATABASE IF EXISTS {name}; DROP USER IF EXISTS {name}");
        let _ = client.run_all("mysql", &drops);
    }
}

/// At most 32 characters, as a user's name may have.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    format!("test_{}_{}_{now}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
