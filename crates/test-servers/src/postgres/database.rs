use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::psql::Psql;
use crate::{Result, percent};

/// A database of its own for one test, dropped with the value, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    psql: Psql,
    name: String,
}

impl Database {
    pub(super) fn create(psql: Psql) -> Result<Self> {
        let name = unique_name();
        // template0: nobody is ever connected to it, so that tests do not block each other.
        psql.run("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        Ok(Self { psql, name })
    }

    /// Its name, a plain identifier.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address for the superuser: `postgres://postgres@127.0.0.1:PORT/NAME`.
    pub fn url(&self) -> String {
        self.address("postgres")
    }

    /// The address for a role with a password.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        self.address(&percent::login(user, password))
    }

    /// Runs statements as the superuser, each in a transaction of its own unless they say BEGIN.
    ///
    /// # Errors
    /// The first statement that failed, with the server's message.
    pub fn execute(&self, sql: &str) -> Result<()> {
        self.query(sql).map(drop)
    }

    /// Runs statements and answers what they return: a line a row, columns separated by `|`, NULL as nothing.
    ///
    /// # Errors
    /// The first statement that failed, with the server's message.
    pub fn query(&self, sql: &str) -> Result<String> {
        self.psql.run(&self.name, sql)
    }

    fn address(&self, login: &str) -> String {
        format!("postgres://{login}@{}:{}/{}", self.psql.host, self.psql.port, self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Prepared transactions outlive their sessions and would keep the database. A server that is gone took it along.
        let prepared = format!(
            "SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts WHERE database = '{}' \\gexec\n",
            self.name
        );
        let _ = self.psql.run(&self.name, &prepared);
        let _ = self.psql.run("postgres", &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    format!("test_{}_{}_{now}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
