//! The reads that a source offers, one file each.

mod arrival;
mod assembly;
mod condition;
mod copy;
mod copy_rows;
mod fence;
mod fetched_rows;
mod filter;
mod keys;
mod poll;
mod poll_rows;
mod projection;
mod rows;
mod scan;
mod sweep;
mod wait;

use std::sync::Arc;

use sync_core::{
    Activity, Cursor, End, Error, ErrorKind, Next, ReadRequest, Reader, Result, Scope, SourceTable, TableId,
    TableSchema,
};

use crate::catalog::Relation;
use crate::cursor::{Phase, Position};
use crate::known::Known;
use crate::pool::Pool;
use crate::sql;
pub(crate) use filter::try_out;
use projection::Target;

/// Starts the read that `request` asks for.
pub(crate) async fn read(pool: &Pool, known: &Known, login: &str, request: ReadRequest) -> Result<Box<dyn Reader>> {
    let table = match &request.scope {
        Scope::Table(table) | Scope::Sweep(table) | Scope::Keys(table) | Scope::Rows(table, _) => Arc::clone(table),
        scope => return Err(scope.unsupported()),
    };
    let id = table.schema.id();
    match start(pool, known, &table, request).await {
        Ok(Started::Reading(reader, relation)) => {
            known.keep_relation(id, Some(relation));
            Ok(Box::new(Placed { reader, place: Place::new(&table, login), known: known.clone() }))
        }
        Ok(Started::Nothing(end)) => Ok(Box::new(Nothing(end))),
        Err(error) => {
            known.keep_relation(id, None);
            Err(Place::new(&table, login).of(error))
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
    let ReadRequest { scope, after, limits, activity, quiet, .. } = request;
    let after = position(&after, table)?;
    match scope {
        Scope::Table(_) => match after {
            Some(position)
                if position.phase == Phase::Live && (table.keyset().is_empty() || stands_still(&position, &quiet)) =>
            {
                Ok(Started::Nothing(position.end()))
            }
            Some(position) if position.phase == Phase::Live => poll::poll(pool, known, table, position, limits).await,
            position => copy::copy(pool, known, table, position, limits).await,
        },
        Scope::Sweep(_) => match after {
            Some(position) if is_unchanged(&position, activity.as_ref(), table) => Ok(Started::Nothing(End::Unchanged)),
            Some(position) => sweep::sweep(pool, known, table, position, limits).await,
            None => Err(Error::internal("a sweep goes on from a cursor, and there is none")),
        },
        Scope::Keys(_) => keys::keys(pool, known, table, after.and_then(|position| position.origin), limits).await,
        Scope::Rows(_, keys) => {
            rows::rows(pool, known, table, after.and_then(|position| position.origin), keys, limits).await
        }
        scope => Err(scope.unsupported()),
    }
}

/// Whether nothing was written since the cursor's horizon was set, and the rows still mean what they did.
fn is_unchanged(position: &Position, activity: Option<&Activity>, table: &SourceTable) -> bool {
    let now = activity.map(|activity| written(&activity.writes, &table.schema));
    position.phase == Phase::Live && now.is_some() && position.writes == now
}

/// Whether everything was read under the very snapshot that the server still has.
fn stands_still(position: &Position, quiet: &Option<String>) -> bool {
    quiet.is_some() && position.quiet == *quiet
}

/// What a cursor remembers of the counters: together with the shape, as another label of an enumeration changes rows too.
fn written(writes: &str, schema: &TableSchema) -> String {
    let shapes: Vec<&str> = schema.columns().iter().map(|column| column.shape.as_str()).collect();
    format!("{writes} {}", shapes.join(" "))
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

/// A table that was dropped and made again shares nothing with the one that was read.
fn same_relation(position: &Position, target: &Target) -> Result<()> {
    if position.relation == target.relation.oid {
        return Ok(());
    }
    Err(Error::expired("it was dropped and made again").hint("it is copied again"))
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
    login: String,
    filter: Option<String>,
}

impl Place {
    fn new(table: &SourceTable, login: &str) -> Self {
        Self { id: table.schema.id().clone(), login: login.to_owned(), filter: table.filter.clone() }
    }

    fn of(&self, error: Error) -> Error {
        let denied = error.kind() == ErrorKind::Denied && error.place().is_none();
        let error = error.at(format!("table {}", self.id));
        if !denied {
            return self.with_filter(error);
        }
        error.hint(format!("run GRANT SELECT ON {} TO {}", sql::table(&self.id), sql::quoted(&self.login)))
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
        self.reader.next().await.map_err(|error| {
            self.known.keep_relation(&self.place.id, None);
            self.place.of(error)
        })
    }
}
