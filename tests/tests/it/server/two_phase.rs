//! Transactions that are prepared first and ended later, by whoever knows their name.

use std::time::{Duration, Instant};

use super::Client;

pub(crate) struct TwoPhase {
    name: String,
    /// MariaDB's session, which can do nothing else until the transaction is ended, if it was not left.
    session: Option<Client>,
    leaves: bool,
    /// The number of the session that began it.
    left: u32,
}

impl TwoPhase {
    /// Begins one, as [`Client::begin`] does.
    pub(crate) fn begin(client: &mut Client, name: String, writer: u64, number: u64) -> Self {
        match client {
            Client::Postgres(_) => client.begin(writer, number),
            Client::Mariadb(..) => {
                client.name_transaction(writer, number);
                client.execute(&format!("XA START '{name}'"));
            }
        }
        Self { name, session: None, leaves: number.is_multiple_of(2), left: 0 }
    }

    /// Whoever began it can go on with something else.
    pub(crate) fn prepare(&mut self, client: &mut Client) {
        let name = &self.name;
        match client {
            Client::Postgres(_) => client.execute(&format!("PREPARE TRANSACTION '{name}'")),
            Client::Mariadb(session, transactions) => {
                self.left = session.id();
                let mut other = Client::Mariadb(session.another(), *transactions);
                client.execute(&format!("XA END '{name}'; XA PREPARE '{name}'"));
                other.be_impatient();
                let session = std::mem::replace(client, other);
                // Left by its session, it belongs to none, and the server's lists show it in other ways.
                self.session = Some(session).filter(|_| !self.leaves);
            }
        }
    }

    pub(crate) fn end(mut self, client: &mut Client, commit: bool) {
        let end = if commit { "COMMIT" } else { "ROLLBACK" };
        match client {
            Client::Postgres(_) => client.execute(&format!("{end} PREPARED '{}'", self.name)),
            Client::Mariadb(..) => {
                let sql = format!("XA {end} '{}'", self.name);
                match &mut self.session {
                    Some(session) => session.execute(&sql),
                    None => when_it_was_left(client, &sql, self.left),
                }
            }
        }
    }

    /// Rolls back what was not prepared.
    pub(crate) fn abandon(self, client: &mut Client) {
        match client {
            Client::Postgres(_) => client.execute("ROLLBACK"),
            Client::Mariadb(..) => {
                // A deadlock has ended it already, all but its name.
                let _ = client.try_execute(&format!("XA END '{}'", self.name));
                client.execute(&format!("XA ROLLBACK '{}'", self.name));
            }
        }
    }
}

/// The server needs a moment to notice that a session has gone. What changed nothing has gone with it.
fn when_it_was_left(client: &mut Client, sql: &str, session: u32) {
    let started = Instant::now();
    let there = format!("SELECT count(*) FROM information_schema.processlist WHERE id = {session}");
    while client.query(&there) != "0" {
        assert!(started.elapsed() < Duration::from_secs(10), "session {session} does not go");
        std::thread::sleep(Duration::from_millis(5));
    }
    if let Err(failure) = client.try_execute(sql) {
        let is_gone =
            ["Unknown XID", "Transaction branch was rolled back"].iter().any(|is| failure.reason.contains(is));
        assert!(is_gone, "{} in {sql}", failure.reason);
    }
}
