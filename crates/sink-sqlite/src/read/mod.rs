//! [`ReplicaFile`]: keys and rows of a replica, read beside the writer.
//!
//! Every value comes back in the form in which it was written, as its column was declared for that form. What SQLite can't keep
//! comes back as it was stored: `NaN` as text, `-0.0` as `0.0`; and a number in another form than its column's in the column's own
//! (`1.0` among integers as `1`, `1` among floating-point numbers as `1.0`).

mod lookup;
mod pages;
mod shape;

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::types::ValueRef;
use sync_core::{Checkpoint, CopyState, Error, Replica, ReplicaReader, ReplicaTable, Result, RowBatch, StreamId};

use crate::error::{is_refused_statement, sqlite_error};
use crate::names::target;
use crate::{open, state, write};
use pages::Pages;

/// The file of a replica, to be read.
#[derive(Debug)]
pub(crate) struct ReplicaFile {
    pub(crate) path: PathBuf,
    pub(crate) busy_timeout: Duration,
}

impl ReplicaFile {
    fn place(&self, table: &ReplicaTable) -> String {
        open::place_of(&table.name, &self.path)
    }
}

impl Replica for ReplicaFile {
    fn keys(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        let place = self.place(table);
        if table.schema.key().is_empty() {
            return Err(no_key().at(place));
        }
        let conn = open::reader(&self.path, self.busy_timeout).map_err(|error| error.at(place.clone()))?;
        Ok(Box::new(Pages::of_keys(conn, place, table, &target(&table.name, state))?))
    }

    fn rows(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        let place = self.place(table);
        let conn = open::reader(&self.path, self.busy_timeout).map_err(|error| error.at(place.clone()))?;
        Ok(Box::new(Pages::of_rows(conn, place, table, &target(&table.name, state))?))
    }

    fn rows_of(&self, table: &ReplicaTable, keys: &RowBatch) -> Result<RowBatch> {
        let found = if table.schema.key().is_empty() {
            Err(no_key())
        } else {
            open::reader(&self.path, self.busy_timeout).and_then(|conn| lookup::rows_of(&conn, table, keys))
        };
        found.map_err(|error| error.at(self.place(table)))
    }

    fn checkpoint(&self, stream: &StreamId) -> Result<Option<Checkpoint>> {
        let found = open::reader(&self.path, self.busy_timeout).and_then(|conn| state::checkpoint(&conn, stream));
        found.map_err(|error| error.at(open::place_of(stream.as_str(), &self.path)))
    }
}

fn no_key() -> Error {
    Error::unsupported("it has no key")
}

/// What SQLite says against a statement that fitted the table when it was made.
fn refused(error: rusqlite::Error) -> Error {
    if is_refused_statement(&error) { write::not_as_made() } else { sqlite_error(error) }
}

/// Appends a stored value to the row under way; whether a text is UTF-8 shows when it ends.
#[inline]
fn push(rows: &mut RowBatch, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => rows.push_null(),
        ValueRef::Integer(value) => rows.push_integer(value),
        ValueRef::Real(value) => rows.push_real(value),
        ValueRef::Text(value) => rows.push_utf8(value),
        ValueRef::Blob(value) => rows.push_bytes(value),
    }
}
