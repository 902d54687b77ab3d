//! Rows past a position, by the index. It proves nothing, so it never moves the horizon.

use std::sync::Arc;
use std::time::Duration;

use sync_core::{Batch, BatchLimits, End, Next, Reader, Result, SourceTable, async_trait};
use tokio_postgres::types::Type;

use super::assembly::Assembly;
use super::condition::{check, clock, order_by, past};
use super::fence::is_view;
use super::poll_rows::{PollRows, raw};
use super::projection::{Projection, Target};
use super::wait::Waits;
use crate::catalog::{self, Relation};
use crate::cursor::Position;
use crate::error::{from_server, timed_out, within};
use crate::pool::Pool;
use crate::session::Session;

/// Polls a table. `known` is what the catalog said when it was asked last; where it is missing or differs from the plan, it is
/// asked again.
pub(super) async fn poll(
    pool: &Pool,
    table: &Arc<SourceTable>,
    after: Position,
    limits: BatchLimits,
    known: Option<Arc<Relation>>,
) -> Result<(Box<dyn Reader>, Option<Arc<Relation>>)> {
    let end = if after.resumed { End::CompleteAfterReconcile } else { End::Complete };
    if table.keyset().is_empty() {
        return Ok((Box::new(Nothing(end)), known));
    }
    let mut session = Session::open(pool).await?;
    let mut begin = Some(begin(&session, table));
    let relation = match known.filter(|relation| relation.check(&table.schema).is_ok()) {
        Some(relation) => relation,
        None => Arc::new(look_up(&session, table, &begin.take().unwrap_or_default()).await?),
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
        in_time: statement.in_time,
        unique: statement.unique,
        position: after,
        end,
    };
    Ok((Box::new(poll), Some(relation)))
}

/// For a table without columns to poll by.
struct Nothing(End);

#[async_trait]
impl Reader for Nothing {
    async fn next(&mut self) -> Result<Next> {
        Ok(Next::End(self.0))
    }
}

fn begin(session: &Session, table: &SourceTable) -> String {
    let begin = session.begin("READ COMMITTED", Duration::ZERO);
    // Functions inside a view may count on the login's own search path.
    if is_view(table.schema.kind()) { format!("{begin}; SET LOCAL search_path TO DEFAULT") } else { begin }
}

async fn look_up(session: &Session, table: &SourceTable, begin: &str) -> Result<Relation> {
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
    relation?.ok_or_else(|| sync_core::Error::schema("it is gone").hint("plan it again"))
}

struct Statement {
    query: String,
    projection: Projection,
    /// The field that tells whether a row lies before the server's clock.
    in_time: Option<usize>,
    /// Whether no two rows share a position.
    unique: bool,
}

impl Statement {
    fn new(target: &Target, after: &Position) -> Result<Self> {
        let keyset = target.table.keyset();
        let key = target.schema().key();
        let unique = !key.is_empty() && key.iter().all(|column| keyset.contains(column));
        let projection = Projection::of_rows(target, &keyset)?;
        let comparisons = target.comparisons(&keyset)?;
        let first = &comparisons[0].expression;
        let condition = match &after.poll {
            None => format!("{first} IS NOT NULL"),
            Some(point) => {
                check(point, &keyset).map_err(|error| error.at(target.place()))?;
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
        let order = order_by(&comparisons, "ASC");
        let query = format!("SELECT {list} FROM {} WHERE {condition} {order}", target.from());
        Ok(Self { query, projection, in_time, unique })
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
    in_time: Option<usize>,
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
            self.position.poll = Some(point);
        }
        Ok(batch.up_to(self.position.cursor()?))
    }
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
            // A row of the future is given, but a position there would hide all that is written until then.
            let moves = self.in_time.is_none_or(|field| raw(&row, field) == Some(&[1]));
            self.assembly.add(&row, moves)?;
        }
        self.batch(false).map(Next::Batch)
    }
}
