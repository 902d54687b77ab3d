//! The keys of a table, in key order, page by page: no page holds a snapshot while the next one is waited for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{Value as Stored, ValueRef};
use rusqlite::{Connection, params_from_iter};
use sync_core::{CopyState, Error, Op, Replica, ReplicaReader, ReplicaTable, Result, RowBatch, TableSchema};

use crate::error::{is_refused_statement, sqlite_error};
use crate::names::{list, quoted, target};
use crate::{open, write};

/// Keys in a page at most.
const ROWS: usize = 1000;
/// Bytes after which a page ends.
const BYTES: usize = 1 << 18;

/// The file of a replica, to be read.
#[derive(Debug)]
pub(crate) struct ReplicaFile {
    pub(crate) path: PathBuf,
    pub(crate) busy_timeout: Duration,
}

impl Replica for ReplicaFile {
    fn keys(&self, table: &ReplicaTable, state: CopyState) -> Result<Box<dyn ReplicaReader>> {
        let keys = SqliteKeys::open(&self.path, self.busy_timeout, table, state);
        Ok(Box::new(keys.map_err(|error| error.at(open::place_of(&table.name, &self.path)))?))
    }

    fn rows(&self, _: &ReplicaTable) -> Result<Box<dyn ReplicaReader>> {
        Err(Error::unsupported("rows can't be listed yet"))
    }

    fn rows_of(&self, _: &ReplicaTable, _: &RowBatch) -> Result<RowBatch> {
        Err(Error::unsupported("rows can't be looked up yet"))
    }
}

pub(crate) struct SqliteKeys {
    conn: Connection,
    place: String,
    schema: Arc<TableSchema>,
    first: String,
    next: String,
    last: Option<Vec<Stored>>,
}

impl SqliteKeys {
    pub(crate) fn open(path: &Path, busy_timeout: Duration, table: &ReplicaTable, state: CopyState) -> Result<Self> {
        if table.schema.key().is_empty() {
            return Err(Error::unsupported("it has no key"));
        }
        let [first, next] = selects(table, &target(&table.name, state));
        let conn = open::reader(path, busy_timeout)?;
        let place = open::place_of(&table.name, path);
        Ok(Self { conn, place, schema: Arc::clone(&table.schema), first, next, last: None })
    }

    fn fill(&mut self, keys: &mut RowBatch) -> Result<()> {
        let (sql, after) = match &self.last {
            None => (&self.first, &[][..]),
            Some(last) => (&self.next, last.as_slice()),
        };
        let mut select = self.conn.prepare_cached(sql).map_err(refused)?;
        let mut rows = select.query(params_from_iter(after)).map_err(sqlite_error)?;
        let mut last = None;
        while let Some(row) = rows.next().map_err(refused)? {
            let key: Vec<Stored> = (0..self.schema.key().len())
                .map(|rank| row.get(rank))
                .collect::<Result<_, _>>()
                .map_err(sqlite_error)?;
            push_key(keys, &self.schema, &key)?;
            last = Some(key);
            if keys.size() >= BYTES {
                break;
            }
        }
        if last.is_some() {
            self.last = last;
        }
        Ok(())
    }
}

impl ReplicaReader for SqliteKeys {
    fn next(&mut self, keys: &mut RowBatch) -> Result<()> {
        keys.clear();
        self.fill(keys).map_err(|error| error.at(self.place.clone()))
    }
}

/// The statements for the first page and for those after a key.
fn selects(table: &ReplicaTable, target: &str) -> [String; 2] {
    let names = || table.schema.key().iter().map(|position| table.schema.columns()[*position].name.as_str());
    // With the table's name before it, a column that no longer exists is an error and not a text.
    let key = names().map(|name| format!("kept.{}", quoted(name))).collect::<Vec<_>>().join(", ");
    let parameters = vec!["?"; table.schema.key().len()].join(", ");
    let from = format!("SELECT {key} FROM {} AS kept", list([target]));
    let order = format!("ORDER BY {key} LIMIT {ROWS}");
    [format!("{from} {order}"), format!("{from} WHERE ({key}) > ({parameters}) {order}")]
}

fn refused(error: rusqlite::Error) -> Error {
    if is_refused_statement(&error) { write::not_as_made() } else { sqlite_error(error) }
}

fn push_key(keys: &mut RowBatch, schema: &TableSchema, key: &[Stored]) -> Result<()> {
    for position in 0..schema.columns().len() {
        match schema.key().iter().position(|column| *column == position).map(|rank| ValueRef::from(&key[rank])) {
            None | Some(ValueRef::Null) => keys.push_null(),
            Some(ValueRef::Integer(value)) => keys.push_integer(value),
            Some(ValueRef::Real(value)) => keys.push_real(value),
            Some(ValueRef::Text(value)) => keys.push_utf8(value)?,
            Some(ValueRef::Blob(value)) => keys.push_bytes(value),
        }
    }
    keys.end_row(Op::Delete)
}
