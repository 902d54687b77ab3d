//! One writer's transactions: whatever an application does to rows, at random.

use std::time::Duration;

use crate::case::Case;
use crate::server::{Client, Failure, TwoPhase};

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
    begun: u64,
    prepared: Option<TwoPhase>,
}

#[derive(PartialEq)]
enum Ending {
    Commit,
    RollBack,
    Prepare,
}

impl Writer {
    pub(super) fn connect(case: &Case, number: u64, pace: Pace, random: Random) -> Self {
        let mut client = case.connect();
        client.be_impatient();
        let prefix = case.database.name().to_owned();
        Self { client, number, pace, random, tally: Tally::default(), prefix, begun: 0, prepared: None }
    }

    /// One transaction, to whatever end.
    pub(super) fn transact(&mut self) {
        let ending = match self.random.below(10) {
            0 => Ending::RollBack,
            1 if self.prepared.is_none() => Ending::Prepare,
            _ => Ending::Commit,
        };
        self.begun += 1;
        if ending == Ending::Prepare {
            self.prepare();
        } else {
            self.begin_and_end(&ending);
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

    fn begin_and_end(&mut self, ending: &Ending) {
        self.client.begin(self.number, self.begun);
        let changed = self.change_several().and_then(|()| match ending {
            Ending::RollBack => self.client.try_execute("ROLLBACK"),
            _ => self.client.try_execute("COMMIT"),
        });
        match changed {
            Ok(()) if *ending == Ending::RollBack => self.tally.rolled_back += 1,
            Ok(()) => self.tally.committed += 1,
            Err(failure) => {
                self.refuse(&failure);
                self.client.execute("ROLLBACK");
            }
        }
    }

    fn prepare(&mut self) {
        let name = format!("{}-{}-{}", self.prefix, self.number, self.begun);
        let mut two_phase = TwoPhase::begin(&mut self.client, name, self.number, self.begun);
        match self.change_several() {
            Ok(()) => {
                two_phase.prepare(&mut self.client);
                self.tally.prepared += 1;
                self.prepared = Some(two_phase);
            }
            Err(failure) => {
                self.refuse(&failure);
                two_phase.abandon(&mut self.client);
            }
        }
    }

    /// Another writer may be in the way; nothing else may happen.
    fn refuse(&mut self, failure: &Failure) {
        assert!(failure.is_conflict, "{}", failure.reason);
        self.tally.refused += 1;
    }

    fn change_several(&mut self) -> Result<(), Failure> {
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
        Ok(())
    }

    fn change_within_a_savepoint(&mut self) -> Result<(), Failure> {
        self.client.try_execute("SAVEPOINT s")?;
        for _ in 0..=self.random.below(2) {
            self.change()?;
        }
        let end = if self.random.percent(50) { "ROLLBACK TO s" } else { "RELEASE SAVEPOINT s" };
        self.client.try_execute(end)
    }

    fn change(&mut self) -> Result<(), Failure> {
        let (id, other) = (self.id(), self.id());
        let stamp = if self.random.percent(50) { ", updated_at = clock_timestamp()" } else { "" };
        let sql = match self.random.below(100) {
            0..25 => format!("INSERT INTO torture (id) VALUES ({id}) ON CONFLICT DO NOTHING"),
            25..30 => {
                format!("INSERT INTO torture (id, updated_at) VALUES ({id}, '2020-01-01') ON CONFLICT DO NOTHING")
            }
            30..75 => format!("UPDATE torture SET noise = noise + 1{stamp} WHERE id = {id}"),
            75..90 => format!("DELETE FROM torture WHERE id = {id}"),
            // MySQL reads the table that it changes only where it must write down what it found there first.
            _ => format!(
                "UPDATE torture SET id = {other}{stamp} WHERE id = {id} AND NOT EXISTS
                 (SELECT 1 FROM (SELECT DISTINCT id FROM torture WHERE id = {other}) AS there)"
            ),
        };
        self.client.try_execute(&sql)
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
        if let Some(two_phase) = self.prepared.take() {
            two_phase.end(&mut self.client, self.random.percent(70));
        }
    }
}
