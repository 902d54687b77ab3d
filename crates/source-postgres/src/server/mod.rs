//! One statement that tells which server this is, where its transactions stand, and what happened to its tables.

mod activity;
mod clock;
mod identity;
mod sql;
mod still;
mod survey;

use sync_core::{Activity, Error, ErrorKind, Result, TableId};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql, Type};

use crate::error::{from_server, within};
use crate::known::Known;
use crate::session::Session;

pub(crate) use activity::Counters;
pub(crate) use clock::clock;
pub(crate) use identity::identity;
pub(crate) use sql::ENDPOINT;
pub(crate) use still::Still;
pub(crate) use survey::survey;

/// A server as it answered once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// The database's oid.
    pub(crate) database: u32,
    pub(crate) database_name: String,
    /// `15.18 (Debian 15.18-0+deb12u1)`
    pub(crate) version: String,
    /// The system identifier; `None` where the login may not ask.
    pub(crate) system: Option<i64>,
    /// Counts promotions; `None` where the login may not ask.
    pub(crate) timeline: Option<i32>,
    /// Whether it is a standby.
    pub(crate) in_recovery: bool,
    /// Address, port and start: another value is another server, or the same one started again.
    pub(crate) endpoint: String,
    pub(crate) snapshot: Snapshot,
    /// When its statistics began, in microseconds since 1970: anew after each crash.
    pub(crate) statistics_reset: Option<i64>,
    database_statistics_reset: Option<i64>,
    /// Whether writes to tables are counted.
    counting: bool,
    snapshot_text: String,
}

/// What a snapshot sees: all that ended before `xmin`, and nothing from `xmax` on. 64-bit transaction ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) xmin: u64,
    pub(crate) xmax: u64,
}

/// A server's answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) server: Server,
    /// Changes with whatever the list of tables depends on; there where it was asked for.
    pub(crate) catalog: Option<String>,
    /// By what it can be seen whether something was written.
    pub(crate) activities: Vec<(TableId, Activity)>,
    pub(crate) counters: Counters,
}

/// Asks about all tables and the catalog. The session must be outside of a transaction.
pub(crate) async fn ask_all(session: &Session, known: &Known) -> Result<Answer> {
    ask(session, known, None, true).await
}

/// Asks about one table alone.
pub(crate) async fn ask_table(session: &Session, known: &Known, table: &TableId) -> Result<Answer> {
    ask(session, known, Some(table), false).await
}

async fn ask(session: &Session, known: &Known, table: Option<&TableId>, catalog: bool) -> Result<Answer> {
    let client = session.client();
    let limit = session.timeouts().statement;
    let (schema, name) = (table.and_then(TableId::schema), table.map(TableId::name));
    let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&schema, Type::TEXT), (&name, Type::TEXT)];
    let statement = || {
        let (system, timeline) = known.permitted();
        sql::statement(sql::Question { system, timeline, catalog })
    };
    let asked = within(limit, "tell who it is", client.query_typed_one(&statement(), &parameters)).await;
    let row = match asked {
        Ok(row) => row,
        Err(error) if error.kind() == ErrorKind::Denied => {
            let row = within(limit, "tell what it permits", client.query_typed_one(sql::PERMITTED, &[])).await?;
            known.permit(column(&row, 0)?, column(&row, 1)?);
            within(limit, "tell who it is", client.query_typed_one(&statement(), &parameters)).await?
        }
        Err(error) => return Err(identity::too_old(client, limit).await.unwrap_or(error)),
    };
    let server = Server::of(&row)?;
    let (activities, counters) = activity::told(&server, &row)?;
    Ok(Answer { catalog: column(&row, 11)?, activities, counters, server })
}

impl Server {
    fn of(row: &Row) -> Result<Self> {
        let snapshot_text: String = column(row, 7)?;
        Ok(Self {
            database: column(row, 0)?,
            database_name: column(row, 1)?,
            version: column(row, 2)?,
            in_recovery: column(row, 3)?,
            system: column(row, 4)?,
            timeline: column(row, 5)?,
            endpoint: column(row, 6)?,
            snapshot: Snapshot::parse(&snapshot_text)?,
            counting: column(row, 8)?,
            statistics_reset: column(row, 9)?,
            database_statistics_reset: column(row, 10)?,
            snapshot_text,
        })
    }
}

impl Snapshot {
    /// Reads what `pg_current_snapshot()` says.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parts = text.split(':').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(xmin)), Some(Ok(xmax))) => Ok(Self { xmin, xmax }),
            _ => Err(Error::internal(format!("{text:?} is no snapshot"))),
        }
    }
}

fn column<'a, T: FromSql<'a>>(row: &'a Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(from_server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_64_bit() {
        let snapshot = Snapshot::parse("8589934593:8589934600:8589934595,8589934597").unwrap();
        assert_eq!(snapshot, Snapshot { xmin: 8_589_934_593, xmax: 8_589_934_600 });
        assert!(Snapshot::parse("").is_err());
    }
}
