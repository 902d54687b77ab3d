//! Rows past a position, by the index. It proves nothing, so it never moves the horizon.

use std::sync::Arc;
use std::time::Duration;

use sync_core::{Batch, BatchLimits, End, Error, Next, Reader, Result, SourceTable, async_trait};
use tokio_postgres::types::Type;

use super::Started;
use super::arrival::arrive;
use super::assembly::Assembly;
use super::condition::{clock, order_by, past};
use super::fence::is_view;
use super::poll_rows::{PollRows, raw};
use super::projection::{Projection, Target};
use super::wait::Waits;
use crate::catalog::{self, Relation};
use crate::cursor::{Origin, Point, Polled, Position};
use crate::error::{from_server, timed_out, within};
use crate::known::Known;
use crate::pool::Pool;
use crate::server::ENDPOINT;
use crate::session::Session;
use crate::types::is_there;

/// Polls a table. What the catalog said when it was asked last is trusted; where that is missing or differs from the plan, it is asked
/// again.
pub(super) async fn poll(
    pool: &Pool,
    known: &Known,
    table: &Arc<SourceTable>,
    mut after: Position,
    limits: BatchLimits,
) -> Result<Started> {
    let mut session = approach(pool, known, table, &mut after).await?;
    let mut begin = Some(begin(&session, table));
    let trusted = known.relation(table.schema.id()).filter(|relation| relation.check(table).is_ok());
    let relation = match trusted {
        Some(relation) => relation,
        None => look_up(&session, table, &begin.take().unwrap_or_default()).await?,
    };
    let target = Target::new(Arc::clone(table), Arc::clone(&relation))?;
    super::same_relation(&after, &target)?;
    let statement = Statement::new(&target, &after)?;
    let waits = Waits::of_poll(session.timeouts());
    if begin.is_some() && !statement.projection.styled && session.is_utf8() && !is_view(table.schema.kind()) {
        // A single statement: the unchanged table costs the server one round trip.
        begin = None;
        session.alone();
    }
    let rows = start(&session, begin.as_deref(), &statement, &after, waits).await?;
    let poll = Poll {
        rows: Some(rows),
        session: Some(session),
        assembly: Assembly::new(statement.projection, limits),
        known: known.clone(),
        in_time: statement.in_time,
        mark: statement.mark,
        noted: false,
        from: after.poll.clone(),
        polled: None,
        unique: statement.unique,
        end: after.end(),
        position: after,
    };
    Ok(Started::Reading(Box::new(poll), relation))
}

/// A connection to the server that gave the last rows, or to one that goes on from there. For as long as the last answer came from the
/// same one, nothing is asked.
async fn approach(pool: &Pool, known: &Known, table: &SourceTable, after: &mut Position) -> Result<Session> {
    let Some(origin) = &after.origin else { return Session::open(pool).await };
    if let Some(server) = known.server() {
        origin.check_history(&server)?;
        if server.endpoint == origin.endpoint {
            return Session::open(pool).await;
        }
    }
    let arrival = arrive(pool, known, table.schema.id(), Some(origin)).await?;
    after.origin = Some(origin.and(&arrival.server, arrival.server.snapshot));
    Ok(arrival.session)
}

fn begin(session: &Session, table: &SourceTable) -> String {
    let begin = session.begin("READ COMMITTED", Duration::ZERO);
    // Functions inside a view may count on the login's own search path.
    if is_view(table.schema.kind()) { format!("{begin}; SET LOCAL search_path TO DEFAULT") } else { begin }
}

async fn look_up(session: &Session, table: &SourceTable, begin: &str) -> Result<Arc<Relation>> {
    let limit = session.timeouts().statement;
    let client = session.client();
    let qualified = "SET LOCAL search_path = ''";
    let asking = async {
        tokio::join!(
            biased;
            client.batch_execute(begin),
            client.batch_execute(qualified),
            catalog::relation(client, table.schema.id()),
        )
    };
    let (begun, set, relation) =
        tokio::time::timeout(limit, asking).await.map_err(|_| timed_out(limit, "describe the table"))?;
    begun.and(set).map_err(from_server)?;
    if is_view(table.schema.kind()) {
        within(limit, "reset a setting", client.batch_execute("SET LOCAL search_path TO DEFAULT")).await?;
    }
    relation?.ok_or_else(|| Error::schema("it is gone").hint("plan it again"))
}

/// Computed once, when a first row is found.
const MARK: &str = "(SELECT pg_catalog.concat_ws(' ', pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()), \
    pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())";

struct Statement {
    query: String,
    projection: Projection,
    /// The field that tells whether a row lies before the server's clock.
    in_time: Option<usize>,
    /// The field that tells which server gave the rows, and how far it had come.
    mark: usize,
    /// Whether no two rows share a position.
    unique: bool,
}

impl Statement {
    fn new(target: &Target, after: &Position) -> Result<Self> {
        let keyset = target.table.keyset();
        let key = target.schema().key();
        let unique = !key.is_empty() && key.iter().all(|column| keyset.contains(column));
        let projection = Projection::of_changes(target, &keyset)?;
        let comparisons = target.comparisons(&keyset)?;
        let first = &comparisons[0].expression;
        let condition = match &after.poll {
            None => is_there(first),
            Some(point) => {
                point.check(keyset.len()..=keyset.len()).map_err(|error| error.at(target.place()))?;
                // Where rows can share the position, those that came later to it must be given too.
                past(&comparisons, if unique { ">" } else { ">=" }, |number| format!("${number}"))
            }
        };
        let mut list = projection.list();
        let clock = clock(projection.decoders[projection.order.fields[0]]);
        let in_time = clock.map(|clock| {
            list = format!("{list}, {first} <= {clock}");
            projection.decoders.len()
        });
        let mark = projection.decoders.len() + usize::from(in_time.is_some());
        list = format!("{list}, {MARK}, {ENDPOINT}))");
        let order = order_by(&comparisons, "ASC");
        let query = format!("SELECT {list} FROM {} WHERE {condition} {order}", target.from());
        Ok(Self { query, projection, in_time, mark, unique })
    }
}

/// Sends BEGIN and the query at once: one round trip.
async fn start(
    session: &Session,
    begin: Option<&str>,
    statement: &Statement,
    after: &Position,
    waits: Waits,
) -> Result<PollRows> {
    let client = session.client();
    let values = after.poll.iter().flat_map(|point| &point.values).map(|value| (value, Type::TEXT));
    let starting = async {
        tokio::join!(
            biased;
            async { match begin { Some(begin) => client.batch_execute(begin).await, None => Ok(()) } },
            client.query_typed_raw(&statement.query, values),
        )
    };
    let (begun, rows) = tokio::time::timeout(waits.first, starting).await.map_err(|_| waits.exceeded(true))?;
    begun.map_err(from_server)?;
    Ok(PollRows::new(rows.map_err(from_server)?, waits))
}

struct Poll {
    // Dropped before the session: nothing may wait for a stream that nobody reads.
    rows: Option<PollRows>,
    session: Option<Session>,
    assembly: Assembly,
    known: Known,
    in_time: Option<usize>,
    mark: usize,
    /// Whether the mark was read.
    noted: bool,
    /// Where it began.
    from: Option<Point>,
    /// What can be said of the rows before each new position.
    polled: Option<Polled>,
    unique: bool,
    position: Position,
    end: End,
}

impl Poll {
    /// The rows so far. Where rows share positions, the group goes on until the last: in between, a position could split equals.
    fn batch(&mut self, last: bool) -> Result<Batch> {
        let batch = self.assembly.take();
        if !self.unique && !last {
            return Ok(batch);
        }
        if let Some(point) = self.assembly.point()? {
            if self.unique {
                point.must_follow(self.position.poll.as_ref())?;
            }
            self.position.poll = Some(point);
            // With the place, what was said up to the former one goes.
            self.position.polled.clone_from(&self.polled);
            self.position.quiet = None;
        }
        Ok(batch.up_to(self.position.cursor()?))
    }
}

/// The rows must come from the server that was expected, else one could go back to an older state. The first tells for all: they are of
/// one statement. Returns the id below which all transactions had ended.
fn note_origin(origin: &mut Origin, known: &Known, mark: &str) -> Result<u64> {
    let parts = || {
        let mut parts = mark.splitn(3, ' ');
        Some((parts.next()?.parse::<u64>().ok()?, parts.next()?.parse::<u64>().ok()?, parts.next()?))
    };
    let (xmin, xmax, endpoint) = parts().ok_or_else(|| Error::internal(format!("{mark:?} is no server's mark")))?;
    if endpoint != origin.endpoint {
        known.keep_server(None);
        return Err(Error::interrupted("another server answered than the one that was asked before"));
    }
    origin.xmax = origin.xmax.max(xmax);
    Ok(xmin)
}

#[async_trait]
impl Reader for Poll {
    async fn next(&mut self) -> Result<Next> {
        let Some(rows) = &mut self.rows else { return Ok(Next::End(self.end)) };
        while !self.assembly.is_full() {
            let Some(row) = rows.next(self.assembly.projection()).await? else {
                self.rows = None;
                if let Some(session) = self.session.take() {
                    session.finish().await;
                }
                let open = !self.assembly.is_empty() || !self.unique;
                return if open { self.batch(true).map(Next::Batch) } else { Ok(Next::End(self.end)) };
            };
            if !std::mem::replace(&mut self.noted, true)
                && let Some(origin) = &mut self.position.origin
            {
                let xmin = note_origin(origin, &self.known, row.try_get(self.mark).map_err(from_server)?)?;
                // Where rows share places, no place parts what was given from what was not.
                self.polled = self.unique.then(|| Polled { from: self.from.take(), xmin });
            }
            // A row of the future is given, but a position there would hide all that is written until then.
            let moves = self.in_time.is_none_or(|field| raw(&row, field) == Some(&[1]));
            self.assembly.add(&row, moves)?;
        }
        self.batch(false).map(Next::Batch)
    }
}

#[cfg(test)]
mod tests {
    use sync_core::ErrorKind;

    use super::*;

    #[test]
    fn rows_of_another_server_than_expected_are_refused() {
        let token = r#"{"database":1,"endpoint":"127.0.0.1 5432 9","xmax":7}"#;
        let mut origin: Origin = serde_json::from_str(token).unwrap();
        let known = Known::default();
        assert_eq!(note_origin(&mut origin, &known, "8 12 127.0.0.1 5432 9").unwrap(), 8);
        assert_eq!(origin.xmax, 12);
        note_origin(&mut origin, &known, "8 11 127.0.0.1 5432 9").unwrap();
        assert_eq!(origin.xmax, 12);
        let error = note_origin(&mut origin, &known, "8 13 127.0.0.1 5432 10").unwrap_err();
        assert_eq!((error.kind(), origin.xmax), (ErrorKind::Interrupted, 12));
    }
}
