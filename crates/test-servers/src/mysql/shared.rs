//! One server for all tests of a run.

use std::sync::OnceLock;

use super::client::Client;
use super::{Mysql, MysqlOptions, Transactions};
use crate::{Error, Result, TlsFiles, find_mysql, folders, ports};

/// The environment variable with which a test run names its server with visible transactions, `host:port`.
pub const SHARED_MYSQL: &str = "DATA_SYNC_TEST_MYSQL";

/// The environment variable with which a test run names its server that hides transactions, `host:port`.
pub const SHARED_MYSQL_HIDDEN: &str = "DATA_SYNC_TEST_MYSQL_HIDDEN";

impl Mysql {
    /// The server that the test run named in `DATA_SYNC_TEST_MYSQL` (in `DATA_SYNC_TEST_MYSQL_HIDDEN` the one that hides
    /// transactions), else one of this process, started on first use and gone with the process. Tests of a whole process, or
    /// of a whole run, share it: use [`Mysql::database`], and unique names for users.
    ///
    /// # Panics
    /// No server can be had. The message says what to do.
    #[expect(clippy::panic, reason = "a test fixture: every test would only unwrap the error")]
    pub fn shared(transactions: Transactions) -> &'static Self {
        static VISIBLE: OnceLock<Result<Mysql>> = OnceLock::new();
        static HIDDEN: OnceLock<Result<Mysql>> = OnceLock::new();
        let (shared, variable) = match transactions {
            Transactions::Visible => (&VISIBLE, SHARED_MYSQL),
            Transactions::Hidden => (&HIDDEN, SHARED_MYSQL_HIDDEN),
        };
        match shared.get_or_init(|| named_or_own(variable, transactions)) {
            Ok(server) => server,
            Err(reason) => panic!("no MariaDB server for the tests; run `cargo xtask test`: {reason}"),
        }
    }
}

fn named_or_own(variable: &str, transactions: Transactions) -> Result<Mysql> {
    match std::env::var(variable) {
        Ok(address) => named(variable, &address),
        Err(_) => Mysql::start(&MysqlOptions::new().transactions(transactions)),
    }
}

fn named(variable: &str, address: &str) -> Result<Mysql> {
    let (host, port) = ports::split(address)
        .ok_or_else(|| Error::new(format!("{variable} is {address:?}; it must be `127.0.0.1:PORT`")))?;
    let tools = find_mysql()?;
    let client = Client { program: tools.client, host: host.to_owned(), port };
    let has_tls = client.run("mysql", "SELECT @@ssl_cert IS NOT NULL AND @@ssl_cert <> ''")? == "1";
    let tls = has_tls.then(|| folders::servers_folder().map(|servers| TlsFiles::expected_in(&servers))).transpose()?;
    Ok(Mysql { client, family: tools.family, tls, own: None })
}
