//! One writer's transactions: whatever an application does to rows, at random.

use std::time::Duration;

use postgres::error::SqlState;
use postgres::{Client, NoTls};

use super::random::Random;
use super::writers::Pace;

/// Keys in use: few enough that rows are changed, deleted and made again all the time.
const IDS: u64 = 3000;

/// What became of a writer's transactions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) committed: u64,
    pub(crate) rolled_back: u64,
    pub(crate) prepared: u64,
    /// Another writer was in the way.
    pub(crate) refused: u64,
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self {
            committed: sum.committed + tally.committed,
            rolled_back: sum.rolled_back + tally.rolled_back,
            prepared: sum.prepared + tally.prepared,
            refused: sum.refused + tally.refused,
        })
    }
}

pub(super) struct Writer {
    client: Client,
    number: u64,
    pace: Pace,
    random: Random,
    tally: Tally,
    /// Names of prepared transactions are the server's, not the database's.
    prefix: String,
    prepared: Option<String>,
}

impl Writer {
    pub(super) fn connect(url: &str, number: u64, pace: Pace, random: Random) -> Self {
        let mut client = Client::connect(url, NoTls).unwrap();
        client.batch_execute("SET lock_timeout = '100ms'").unwrap();
        let prefix = client.query_one("SELECT current_database()", &[]).unwrap().get(0);
        Self { client, number, pace, random, tally: Tally::default(), prefix, prepared: None }
    }

    /// One transaction, to whatever end.
    pub(super) fn transact(&mut self) {
        match self.try_transact() {
            Ok(()) => {}
            Err(error) if is_conflict(&error) => {
                self.tally.refused += 1;
                self.client.batch_execute("ROLLBACK").unwrap();
            }
            Err(error) => panic!("{error}: {:?}", error.as_db_error()),
        }
        if self.random.percent(30) {
            self.end_prepared();
        }
    }

    /// Ends what is still prepared.
    pub(super) fn end(mut self) -> Tally {
        self.end_prepared();
        self.tally
    }

    fn try_transact(&mut self) -> Result<(), postgres::Error> {
        self.client.batch_execute("BEGIN")?;
        for _ in 0..=self.random.below(3) {
            self.change()?;
            if self.random.percent(25) {
                self.change_within_a_savepoint()?;
            }
        }
        std::thread::sleep(self.stay_open());
        if self.random.percent(40) {
            self.change()?;
        }
        match self.random.below(10) {
            0 => {
                self.tally.rolled_back += 1;
                self.client.batch_execute("ROLLBACK")
            }
            1 if self.prepared.is_none() => {
                self.tally.prepared += 1;
                let name = format!("{}-{}-{}", self.prefix, self.number, self.tally.prepared);
                self.client.batch_execute(&format!("PREPARE TRANSACTION '{name}'"))?;
                self.prepared = Some(name);
                Ok(())
            }
            _ => {
                self.tally.committed += 1;
                self.client.batch_execute("COMMIT")
            }
        }
    }

    fn change_within_a_savepoint(&mut self) -> Result<(), postgres::Error> {
        self.client.batch_execute("SAVEPOINT s")?;
        for _ in 0..=self.random.below(2) {
            self.change()?;
        }
        let end = if self.random.percent(50) { "ROLLBACK TO s" } else { "RELEASE s" };
        self.client.batch_execute(end)
    }

    fn change(&mut self) -> Result<(), postgres::Error> {
        let (id, other) = (self.id(), self.id());
        let stamp = if self.random.percent(50) { ", updated_at = clock_timestamp()" } else { "" };
        let sql = match self.random.below(100) {
            0..25 => format!("INSERT INTO torture (id) VALUES ({id}) ON CONFLICT DO NOTHING"),
            25..30 => {
                format!("INSERT INTO torture (id, updated_at) VALUES ({id}, '2020-01-01') ON CONFLICT DO NOTHING")
            }
            30..75 => format!("UPDATE torture SET noise = noise + 1{stamp} WHERE id = {id}"),
            75..90 => format!("DELETE FROM torture WHERE id = {id}"),
            _ => format!(
                "UPDATE torture SET id = {other}{stamp} WHERE id = {id} AND NOT EXISTS (SELECT FROM torture WHERE id = {other})"
            ),
        };
        self.client.batch_execute(&sql)
    }

    /// Mostly of this writer's own share, so that few wait for each other.
    fn id(&mut self) -> u64 {
        let share = if self.random.percent(90) { self.number } else { self.random.below(self.pace.writers) };
        1 + share + self.pace.writers * self.random.below(IDS / self.pace.writers)
    }

    /// Mostly short; some anything up to the longest.
    fn stay_open(&mut self) -> Duration {
        let longest = if self.random.percent(15) { self.pace.longest } else { self.pace.longest / 100 };
        longest.mul_f64(self.random.part())
    }

    fn end_prepared(&mut self) {
        if let Some(name) = self.prepared.take() {
            let end = if self.random.percent(70) { "COMMIT" } else { "ROLLBACK" };
            self.client.batch_execute(&format!("{end} PREPARED '{name}'")).unwrap();
        }
    }
}

fn is_conflict(error: &postgres::Error) -> bool {
    let conflicts = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION];
    error.code().is_some_and(|code| conflicts.contains(code))
}
