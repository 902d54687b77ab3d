//! The reads that a source offers, one file each.

mod assembly;
mod condition;
mod copy;
mod copy_rows;
mod fence;
mod keys;
mod poll;
mod poll_rows;
mod projection;
mod rows;
mod scan;
mod sweep;
mod wait;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::{Cursor, Error, ErrorKind, ReadRequest, Reader, Result, Scope, SourceTable, TableId, TableSchema};

use crate::catalog::Relation;
use crate::cursor::{Phase, Position};
use crate::pool::Pool;
use crate::sql;
use projection::Target;

/// What the catalog said about the tables that were read, so that a poll need not ask each time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Arc<Mutex<HashMap<TableId, Arc<Relation>>>>);

impl Known {
    fn relation(&self, id: &TableId) -> Option<Arc<Relation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn keep(&self, id: &TableId, relation: Option<Arc<Relation>>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match relation {
            Some(relation) => known.insert(id.clone(), relation),
            None => known.remove(id),
        };
    }
}

/// Starts the read that `request` asks for.
pub(crate) async fn read(pool: &Pool, known: &Known, login: &str, request: ReadRequest) -> Result<Box<dyn Reader>> {
    let ReadRequest { scope, after, limits, .. } = request;
    let table = match &scope {
        Scope::Table(table) | Scope::Sweep(table) | Scope::Keys(table) | Scope::Rows(table, _) => Arc::clone(table),
        scope => return Err(scope.unsupported()),
    };
    let id = table.schema.id();
    let some = |(reader, relation)| (reader, Some(relation));
    let started = match scope {
        Scope::Table(_) => match position(&after, &table)? {
            Some(position) if position.phase == Phase::Live => {
                poll::poll(pool, &table, position, limits, known.relation(id)).await
            }
            position => copy::copy(pool, &table, position, limits).await.map(some),
        },
        Scope::Sweep(_) => match position(&after, &table)? {
            Some(position) => sweep::sweep(pool, &table, position, limits).await.map(some),
            None => Err(Error::internal("a sweep goes on from a cursor, and there is none")),
        },
        Scope::Keys(_) => keys::keys(pool, &table, limits).await.map(some),
        Scope::Rows(_, keys) => rows::rows(pool, &table, keys, limits).await.map(some),
        scope => Err(scope.unsupported()),
    };
    match started {
        Ok((reader, relation)) => {
            known.keep(id, relation);
            Ok(Box::new(Placed { reader, place: Place::new(&table, login), known: known.clone() }))
        }
        Err(error) => {
            known.keep(id, None);
            Err(Place::new(&table, login).of(error))
        }
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
}

impl Place {
    fn new(table: &SourceTable, login: &str) -> Self {
        Self { id: table.schema.id().clone(), login: login.to_owned() }
    }

    fn of(&self, error: Error) -> Error {
        let denied = error.kind() == ErrorKind::Denied && error.place().is_none();
        let error = error.at(format!("table {}", self.id));
        if !denied {
            return error;
        }
        error.hint(format!("run GRANT SELECT ON {} TO {}", sql::table(&self.id), sql::quoted(&self.login)))
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
    async fn next(&mut self) -> Result<sync_core::Next> {
        self.reader.next().await.map_err(|error| {
            self.known.keep(&self.place.id, None);
            self.place.of(error)
        })
    }
}
