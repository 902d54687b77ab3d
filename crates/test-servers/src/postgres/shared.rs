//! One server for all tests of a run.

use std::sync::OnceLock;

use super::{Postgres, PostgresOptions};
use crate::psql::Psql;
use crate::{Error, Result, TlsFiles, find_postgres, folders, ports};

/// The environment variable with which a test run names its server, `host:port`.
pub const SHARED_POSTGRES: &str = "DATA_SYNC_TEST_POSTGRES";

impl Postgres {
    /// The server that the test run named in `DATA_SYNC_TEST_POSTGRES`, else one of this process, started on first use
    /// and gone with the process. Tests of a whole process, or of a whole run, share it: use [`Postgres::database`],
    /// and unique names for roles.
    ///
    /// # Panics
    /// No server can be had. The message says what to do.
    #[expect(clippy::panic, reason = "a test fixture: every test would only unwrap the error")]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Postgres>> = OnceLock::new();
        match SHARED.get_or_init(named_or_own) {
            Ok(server) => server,
            Err(reason) => panic!("no PostgreSQL server for the tests; run `cargo xtask test`: {reason}"),
        }
    }
}

fn named_or_own() -> Result<Postgres> {
    match std::env::var(SHARED_POSTGRES) {
        Ok(address) => named(&address),
        Err(_) => Postgres::start(&PostgresOptions::new()),
    }
}

fn named(address: &str) -> Result<Postgres> {
    let (host, port) = ports::split(address)
        .ok_or_else(|| Error::new(format!("{SHARED_POSTGRES} is {address:?}; it must be `127.0.0.1:PORT`")))?;
    let psql = Psql { program: find_postgres()?.psql, host: host.to_owned(), port };
    let tls = (psql.run("postgres", "SHOW ssl")? == "on")
        .then(|| folders::servers_folder().map(|servers| TlsFiles::expected_in(&servers)))
        .transpose()?;
    Ok(Postgres { psql, tls, own: None })
}
