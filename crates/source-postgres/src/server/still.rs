//! A short question for a server that stands still: did anything happen since it told all?

use sync_core::Result;
use tokio_postgres::types::{ToSql, Type};

use super::sql::{BGWRITER_RESET, ENDPOINT};
use super::{Answer, Server, column};
use crate::error::within;
use crate::session::Session;

/// Releases before this one change some entries of the catalog in place, which no snapshot shows.
const FIRST: u32 = 14;

/// What a primary told of everything, good for as long as its snapshot, its counters and who asks stay the same: whatever changes a row or
/// the catalog ends a transaction, and with that the snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Still {
    answer: Answer,
    seen: Seen,
    /// Whether it told the same before: a server that is written to all the time need not be asked twice each time.
    stands: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    snapshot: String,
    endpoint: String,
    database: String,
    login: String,
    statistics_reset: Option<i64>,
    database_statistics_reset: Option<i64>,
    written: i128,
    deleted: i128,
}

impl Still {
    /// What can be relied upon of an answer; `before` is what could of the former one.
    pub(crate) fn of(answer: &Answer, before: Option<&Self>) -> Option<Self> {
        let Answer { server, counters, .. } = answer;
        let release = server.version.split(|c: char| !c.is_ascii_digit()).next().and_then(|first| first.parse().ok());
        if server.in_recovery || !server.counting || release.is_none_or(|release: u32| release < FIRST) {
            return None;
        }
        let seen = Seen {
            snapshot: server.snapshot_text.clone(),
            endpoint: server.endpoint.clone(),
            database: server.database_name.clone(),
            login: counters.login.clone(),
            statistics_reset: server.statistics_reset,
            database_statistics_reset: server.database_statistics_reset,
            written: counters.written,
            deleted: counters.deleted,
        };
        let stands = before.is_some_and(|before| before.seen == seen);
        Some(Self { answer: answer.clone(), seen, stands })
    }

    /// Whether it is worth asking if it is still so.
    pub(crate) fn stands(&self) -> bool {
        self.stands
    }

    /// The answer, if it would be the same now. The session must be outside of a transaction.
    pub(crate) async fn ask(self, session: &Session) -> Result<Option<Answer>> {
        let Server { database, .. } = &self.answer.server;
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(database, Type::OID), (&self.answer.counters.leaves, Type::OID_ARRAY)];
        let statement = statement();
        let asked = session.client().query_typed_one(&statement, &parameters);
        let row = within(session.timeouts().statement, "tell whether it stands still", asked).await?;
        if !column::<bool>(&row, 4)? {
            return Ok(None);
        }
        let counter = |index| column::<Option<String>>(&row, index).map(|sum| sum.and_then(|sum| sum.parse().ok()));
        let seen = Seen {
            snapshot: column(&row, 0)?,
            endpoint: column(&row, 1)?,
            database: column(&row, 2)?,
            login: column(&row, 3)?,
            statistics_reset: column(&row, 5)?,
            database_statistics_reset: column(&row, 6)?,
            written: counter(7)?.unwrap_or_default(),
            deleted: counter(8)?.unwrap_or_default(),
        };
        Ok((seen == self.seen).then_some(self.answer))
    }
}

fn statement() -> String {
    format!(
        "SELECT pg_catalog.pg_current_snapshot()::text, {ENDPOINT}, pg_catalog.current_database()::text, current_user::text, \
         NOT pg_catalog.pg_is_in_recovery() AND pg_catalog.current_setting('track_counts')::bool, {BGWRITER_RESET}, \
         (extract(epoch FROM pg_catalog.pg_stat_get_db_stat_reset_time($1)) * 1000000)::int8, \
         counted.written::text, counted.deleted::text FROM (SELECT \
         pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(leaf.oid) + pg_catalog.pg_stat_get_tuples_updated(leaf.oid)) \
         AS written, pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(leaf.oid)) AS deleted \
         FROM pg_catalog.unnest($2) AS leaf(oid)) AS counted"
    )
}
