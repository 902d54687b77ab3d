//! The reads that a source offers, one file each.

mod arrival;
mod assembly;
mod condition;
mod copy;
mod fence;
mod filter;
mod keys;
mod poll;
mod projection;
mod rows;
mod scan;
mod settled;
mod stamp;
mod watermark;

use std::sync::Arc;

use sync_core::{
    Cursor, End, Error, ErrorKind, Next, ReadRequest, Reader, Result, Scope, SourceTable, TableId, TableSchema,
};

use crate::catalog::{CatalogColumn, Relation};
use crate::cursor::{Phase, Position};
use crate::known::Known;
use crate::pool::Pool;
use crate::session::Session;
use crate::sql;
pub(crate) use filter::try_out;
pub(crate) use watermark::{Cover, covered};

/// Starts the read that `request` asks for.
pub(crate) async fn read(pool: &Pool, known: &Known, request: ReadRequest) -> Result<Box<dyn Reader>> {
    let table = match &request.scope {
        Scope::Table(table) | Scope::Keys(table) | Scope::Rows(table, _) => Arc::clone(table),
        scope => return Err(scope.unsupported()),
    };
    let id = table.schema.id();
    match start(pool, known, &table, request).await {
        Ok(Started::Reading(reader, relation)) => {
            known.keep_relation(id, Some(relation));
            Ok(Box::new(Placed { reader, place: Place::new(&table, pool), known: known.clone() }))
        }
        Ok(Started::Nothing(end)) => Ok(Box::new(Nothing(end))),
        Err(error) => {
            known.keep_relation(id, None);
            Err(Place::new(&table, pool).of(error).await)
        }
    }
}

/// What came of a request.
enum Started {
    /// Rows, and what the catalog says of their table.
    Reading(Box<dyn Reader>, Arc<Relation>),
    /// There is nothing to read.
    Nothing(End),
}

async fn start(pool: &Pool, known: &Known, table: &Arc<SourceTable>, request: ReadRequest) -> Result<Started> {
    let ReadRequest { scope, after, limits, .. } = request;
    let after = position(&after, table)?;
    match scope {
        Scope::Table(_) => match after {
            // Without a key nobody could say which row a change is of.
            Some(position)
                if position.phase == Phase::Live && (table.keyset().is_empty() || table.schema.key().is_empty()) =>
            {
                Ok(Started::Nothing(position.end()))
            }
            Some(position) if position.phase == Phase::Live => poll::poll(pool, known, table, position, limits).await,
            position => copy::copy(pool, table, position, limits).await,
        },
        Scope::Keys(_) => keys::keys(pool, table, after.map(|position| position.origin), limits).await,
        Scope::Rows(_, keys) => rows::rows(pool, table, after.map(|position| position.origin), keys, limits).await,
        scope => Err(scope.unsupported()),
    }
}

/// For reads that need no server.
struct Nothing(End);

#[sync_core::async_trait]
impl Reader for Nothing {
    async fn next(&mut self) -> Result<Next> {
        Ok(Next::End(self.0))
    }
}

fn position(after: &Option<Cursor>, table: &SourceTable) -> Result<Option<Position>> {
    after.as_ref().map(|cursor| Position::read(cursor, table.schema.id())).transpose()
}

/// A table that was dropped and made again shares nothing with the one that was read. The servers tell of rewriting it in the same way.
fn same_table(position: &Position, created: Option<&str>) -> Result<()> {
    match (position.created.as_deref(), created) {
        (Some(was), Some(is)) if was != is => {
            let what = format!("it was made or rewritten at {is}, and the one that was read at {was}");
            Err(Error::expired(what).hint("it is copied again"))
        }
        _ => Ok(()),
    }
}

fn is_null(column: &CatalogColumn) -> String {
    format!("{} IS NULL", sql::column(&column.name))
}

fn needs_key(schema: &TableSchema) -> Result<()> {
    if schema.key().is_empty() {
        return Err(Error::unsupported("it has no key").hint("add a primary key"));
    }
    Ok(())
}

/// Says which table an error is about, and which right is missing.
struct Place {
    id: TableId,
    pool: Pool,
    filter: Option<String>,
}

impl Place {
    fn new(table: &SourceTable, pool: &Pool) -> Self {
        Self { id: table.schema.id().clone(), pool: pool.clone(), filter: table.filter.clone() }
    }

    async fn of(&self, error: Error) -> Error {
        let denied = error.kind() == ErrorKind::Denied && error.place().is_none();
        let error = error.at(format!("table {}", self.id));
        if !denied {
            return self.with_filter(error);
        }
        // The account's host is known to the server alone.
        let Ok(session) = Session::open(&self.pool).await else { return error };
        let account = session.server().account.clone();
        session.finish().await;
        error.hint(format!("run GRANT SELECT ON {} TO {account}", sql::table(&self.id)))
    }

    /// A condition that was tried without rows can still fail on one.
    fn with_filter(&self, error: Error) -> Error {
        match &self.filter {
            Some(filter) if error.kind() == ErrorKind::Unsupported && error.hint_text().is_none() => {
                error.hint(format!("where = {filter:?} may fail on some of its rows; write it so that it fits all"))
            }
            _ => error,
        }
    }
}

/// A reader whose errors name its table, and make the source look again at what the table is.
struct Placed {
    reader: Box<dyn Reader>,
    place: Place,
    known: Known,
}

#[sync_core::async_trait]
impl Reader for Placed {
    async fn next(&mut self) -> Result<Next> {
        match self.reader.next().await {
            Err(error) => {
                self.known.keep_relation(&self.place.id, None);
                // It is not asked again, and its connection may be the only one.
                self.reader = Box::new(Nothing(End::Complete));
                Err(self.place.of(error).await)
            }
            next => next,
        }
    }
}
