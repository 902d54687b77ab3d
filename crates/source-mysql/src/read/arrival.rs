//! Before anything is read: which server is this, does it go on from where the last rows came from, and what time is it there?

use std::collections::HashMap;

use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};
use sync_core::{Error, Result, TableId};

use crate::cursor::{Origin, Reached, reached};
use crate::error::within;
use crate::pool::Pool;
use crate::session::Session;

/// A session outside of a transaction, on a server that goes on from what was read before.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) session: Session,
    /// What a cursor remembers of the server once rows of this read are stored.
    pub(super) origin: Origin,
    /// When the table was made; `None` for a view.
    pub(super) created: Option<String>,
    pub(super) clock: Clock,
    pub(super) writers: Writers,
}

/// The server's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// Microseconds since 1970.
    pub(super) now: i64,
    /// What to add for the time that the server's own clients see unless they say otherwise, in microseconds.
    pub(super) local: i64,
}

/// Who else can write, and whether the server watches them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Writers {
    /// Rows come from another server, some time after they were stamped.
    pub(super) elsewhere: bool,
    /// The server keeps a `performance_schema`.
    pub(super) watched: bool,
}

/// Global variables that tell who writes and how far the server is; each release knows some of them.
const VARIABLES: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('gtid_executed', 'gtid_current_pos', \
    'gtid_slave_pos', 'read_only', 'wsrep_on', 'wsrep_cluster_address', 'group_replication_group_name', \
    'performance_schema')";

/// The clock as a number, its distance to the server's own zone, and the table's birth. A zone that the server can't compute with may be
/// any: the westernmost is taken.
const MOMENT: &str = "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED), \
    CAST(COALESCE(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@global.time_zone)), \
    -50400) AS SIGNED), \
    (SELECT CAST(CREATE_TIME AS CHAR) FROM information_schema.TABLES \
    WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?)";

/// Takes a connection and makes sure that no row can go back by what is read over it. `before` is where the rows read so far came from.
///
/// # Errors
/// `Replaced` when it is another server than that of `before`, `Diverged` when it lost something of what was read.
pub(super) async fn arrive(pool: &Pool, id: &TableId, before: Option<&Origin>) -> Result<Arrival> {
    let mut session = Session::open(pool).await?;
    let server = session.server().id.clone();
    let (writers, reached) = ask_writers(&mut session).await?;
    let limit = session.timeouts().statement;
    let moment = (id.schema().unwrap_or(pool.database()), id.name());
    let row = within(limit, "tell the time", session.connection().exec_first::<Row, _, _>(MOMENT, moment)).await?;
    let (clock, created) = read_moment(row.as_ref())?;
    let now = Origin { server: Some(server), reached };
    let origin = match before {
        Some(before) => {
            before.check(&now)?;
            before.and(&now)
        }
        None => now,
    };
    Ok(Arrival { session, origin, created, clock, writers })
}

/// Who can write, and how far the server is in what they wrote.
pub(super) async fn ask_writers(session: &mut Session) -> Result<(Writers, Reached)> {
    let limit = session.timeouts().statement;
    let asked = session.connection().query::<(String, String), _>(VARIABLES);
    let found: HashMap<String, String> = within(limit, "tell who writes", asked).await?.into_iter().collect();
    Ok((writers(&found), applied(&found)))
}

/// What the server had applied of the transactions that it and others numbered.
fn applied(found: &HashMap<String, String>) -> Reached {
    let set = found.get("gtid_executed").or_else(|| found.get("gtid_current_pos"));
    reached(set.map(String::as_str).unwrap_or_default())
}

/// A replica is taken for one by what it says of itself without being asked for privileges: it refuses writes, or remembers a primary.
fn writers(found: &HashMap<String, String>) -> Writers {
    let is_on = |name: &str| found.get(name).is_some_and(|value| value.eq_ignore_ascii_case("on"));
    let is_set = |name: &str| found.get(name).is_some_and(|value| !value.is_empty());
    let cluster = (is_on("wsrep_on") && is_set("wsrep_cluster_address")) || is_set("group_replication_group_name");
    Writers {
        elsewhere: cluster || is_on("read_only") || is_set("gtid_slave_pos"),
        watched: is_on("performance_schema"),
    }
}

fn read_moment(row: Option<&Row>) -> Result<(Clock, Option<String>)> {
    let number = |index: usize| match row.and_then(|row| row.as_ref(index)) {
        Some(Value::Int(number)) => Some(*number),
        Some(Value::UInt(number)) => i64::try_from(*number).ok(),
        _ => None,
    };
    let (Some(now), Some(seconds)) = (number(0), number(1)) else {
        return Err(Error::internal("the server does not tell the time as a number"));
    };
    let created = match row.and_then(|row| row.as_ref(2)) {
        Some(Value::Bytes(text)) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    };
    Ok((Clock { now, local: seconds * 1_000_000 }, created))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_from_elsewhere_are_known_by_the_server_s_settings() {
        let writers = |name: &str, value: &str| writers(&HashMap::from([(name.to_owned(), value.to_owned())]));
        for (name, value) in
            [("read_only", "ON"), ("gtid_slave_pos", "0-1-7"), ("group_replication_group_name", "uuid")]
        {
            assert!(writers(name, value).elsewhere, "{name}");
        }
        for (name, value) in [("read_only", "OFF"), ("gtid_slave_pos", ""), ("wsrep_on", "ON")] {
            assert!(!writers(name, value).elsewhere, "{name}");
        }
        assert!(writers("performance_schema", "ON").watched);
    }

    #[test]
    fn a_moment_that_is_none_is_a_bug() {
        let error = read_moment(None).unwrap_err().to_string();
        assert_eq!(error, "the server does not tell the time as a number");
    }
}
