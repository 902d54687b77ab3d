//! Reads what a source gives, in a form that checks can look through.

use std::sync::Arc;

use sync_core::{
    Activity, Batch, BatchLimits, Capabilities, Cursor, End, Error, Next, Op, Pulse, ReadRequest, Reader, RowBatch,
    Scope, Source, SourceIdentity, SourceTable, StreamId, TableId, TableSchema, Value,
};

use crate::fixture::{SourceFixture, TestRow};

/// A source with one of its test tables.
pub(crate) struct Subject {
    source: Arc<dyn Source>,
    table: Arc<SourceTable>,
}

/// One batch, as test rows.
pub(crate) struct Given {
    pub(crate) rows: Vec<TestRow>,
    pub(crate) watermark: Option<Cursor>,
}

impl Subject {
    /// Makes the table, puts the rows there and finds it through the source.
    pub(crate) async fn with(fixture: &dyn SourceFixture, table: &str, rows: &[TestRow]) -> Result<Self, String> {
        fixture.create(table).await.map_err(|error| format!("the fixture made no table: {error}"))?;
        // One that never had a row may have no columns yet: lines of a file tell them.
        let first = [TestRow::new(i64::MAX - 7, 0, "first")];
        put(fixture, table, if rows.is_empty() { &first } else { rows }).await?;
        Self::of(fixture, table).await
    }

    /// Finds a table that is there, over a connection of its own.
    pub(crate) async fn of(fixture: &dyn SourceFixture, table: &str) -> Result<Self, String> {
        let source = fixture.connect().await.map_err(|error| format!("no source: {error}"))?;
        let tables = source.discover().await.map_err(|error| format!("discover failed: {error}"))?;
        let schema = tables.into_iter().find(|schema| schema.id().name() == table);
        let schema = schema.ok_or_else(|| format!("discover does not list {table:?}"))?;
        let column = |name| schema.position(name).ok_or_else(|| format!("{table:?} has no column {name:?}"));
        let (id, stamp, _) = (column("id")?, column("stamp")?, column("note")?);
        if schema.key() != [id] {
            return Err(format!("the key of {table:?} is {:?}, not the column `id`", schema.key()));
        }
        let table = SourceTable::new(Arc::new(schema)).cursor_columns(Some(stamp), Some(id));
        Ok(Self { source: source.into(), table: Arc::new(table) })
    }

    /// The same connection, with a table of these columns under another name.
    pub(crate) fn renamed(&self, name: &str) -> Result<Self, String> {
        let schema = &self.table.schema;
        let id = match schema.id().schema() {
            Some(place) => TableId::new(place, name),
            None => TableId::unqualified(name),
        };
        let builder = TableSchema::builder(id).key(["id"]);
        let builder = schema.columns().iter().fold(builder, |builder, column| builder.column(column.clone()));
        let schema = builder.build().map_err(|error| format!("the kit's own table failed: {error}"))?;
        let table = SourceTable::new(Arc::new(schema)).cursor_columns(self.table.timestamp, self.table.id);
        Ok(Self { source: Arc::clone(&self.source), table: Arc::new(table) })
    }

    /// The same, of which only some rows are there.
    pub(crate) fn filtered(&self, condition: &str) -> Self {
        let table = (*self.table).clone().filter(Some(condition.to_owned()));
        Self { source: Arc::clone(&self.source), table: Arc::new(table) }
    }

    pub(crate) async fn try_out(&self) -> Result<(), Error> {
        self.source.try_out(&self.table).await
    }

    pub(crate) fn debug(&self) -> String {
        format!("{:?}", self.source)
    }

    pub(crate) async fn identity(&self) -> Result<SourceIdentity, String> {
        self.source.identity().await.map_err(|error| format!("identity failed: {error}"))
    }

    pub(crate) async fn pulse(&self) -> Result<Pulse, String> {
        self.source.pulse().await.map_err(|error| format!("pulse failed: {error}"))
    }

    pub(crate) async fn acknowledge(&self, cursor: &Cursor) -> Result<(), String> {
        let stream = StreamId::new("kit");
        self.source.committed(&stream, cursor).await.map_err(|error| format!("committed failed: {error}"))
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }

    /// What the source's pulse tells of the table.
    pub(crate) async fn activity(&self) -> Result<Option<Activity>, String> {
        Ok(self.pulse().await?.tables.get(self.table.schema.id()).cloned())
    }

    /// Starts a copy, or a poll.
    pub(crate) async fn open(&self, after: Option<&Cursor>, rows: usize) -> Result<Box<dyn Reader>, String> {
        let request = ReadRequest::new(Scope::Table(Arc::clone(&self.table)), after.cloned());
        let request = request.limits(BatchLimits::new(rows, usize::MAX));
        self.source.read(request).await.map_err(|error| format!("read failed: {error}"))
    }

    /// What a copy fails with.
    pub(crate) async fn read_error(&self) -> Option<Error> {
        let mut reader = match self.source.read(ReadRequest::new(Scope::Table(Arc::clone(&self.table)), None)).await {
            Ok(reader) => reader,
            Err(error) => return Some(error),
        };
        loop {
            match reader.next().await {
                Ok(Next::End(_)) => return None,
                Ok(_) => {}
                Err(error) => return Some(error),
            }
        }
    }

    /// The bytes of each batch of a copy within these limits.
    pub(crate) async fn sizes(&self, limits: BatchLimits) -> Result<Vec<usize>, String> {
        let request = ReadRequest::new(Scope::Table(Arc::clone(&self.table)), None).limits(limits);
        let (batches, _) = self.batches(request).await?;
        Ok(batches.iter().map(|batch| batch.rows.size()).collect())
    }

    /// A poll: its rows, and the ids of its deletes.
    pub(crate) async fn changes_after(&self, cursor: &Cursor) -> Result<(Vec<TestRow>, Vec<i64>), String> {
        let request = ReadRequest::new(Scope::Table(Arc::clone(&self.table)), Some(cursor.clone()));
        self.changes(request).await
    }

    /// Reads to the end: a copy, or the rows after a cursor. A batch holds `rows` rows at most.
    pub(crate) async fn read(&self, after: Option<&Cursor>, rows: usize) -> Result<Vec<Given>, String> {
        let scope = Scope::Table(Arc::clone(&self.table));
        let request = ReadRequest::new(scope, after.cloned()).limits(BatchLimits::new(rows, usize::MAX));
        let (batches, _) = self.batches(request).await?;
        self.given(batches)
    }

    /// A poll that may be left out in this quiet.
    pub(crate) async fn poll(&self, after: &Cursor, quiet: Option<String>) -> Result<Vec<Given>, String> {
        let scope = Scope::Table(Arc::clone(&self.table));
        let (batches, _) = self.batches(ReadRequest::new(scope, Some(after.clone())).quiet(quiet)).await?;
        self.given(batches)
    }

    /// Sweeps to the end.
    pub(crate) async fn sweep(&self, after: &Cursor, activity: Option<Activity>) -> Result<(Vec<Given>, End), String> {
        let scope = Scope::Sweep(Arc::clone(&self.table));
        let request = ReadRequest::new(scope, Some(after.clone())).activity(activity);
        let (batches, end) = self.batches(request).await?;
        Ok((self.given(batches)?, end))
    }

    /// The ids of all keys, as given.
    pub(crate) async fn keys(&self, rows: usize) -> Result<Vec<i64>, String> {
        let scope = Scope::Keys(Arc::clone(&self.table));
        let request = ReadRequest::new(scope, None).limits(BatchLimits::new(rows, usize::MAX));
        let (batches, _) = self.batches(request).await?;
        let key = self.table.schema.key()[0];
        let mut ids = Vec::new();
        for row in batches.iter().flat_map(|batch| batch.rows.rows()) {
            let alone = (0..self.table.schema.columns().len())
                .all(|position| position == key || row.get(position) == Value::Null);
            match row.get(key) {
                Value::Integer(id) if alone => ids.push(id),
                _ => return Err(format!("no key with NULL beside it: {row:?}")),
            }
        }
        Ok(ids)
    }

    /// The present state of these rows: those that are there, and the ids of those that are not.
    pub(crate) async fn rows_of(&self, ids: &[i64]) -> Result<(Vec<TestRow>, Vec<i64>), String> {
        let key = self.table.schema.key()[0];
        let mut keys = RowBatch::new(Arc::clone(&self.table.schema));
        for id in ids {
            for position in 0..self.table.schema.columns().len() {
                keys.push(if position == key { Value::Integer(*id) } else { Value::Null });
            }
            keys.end_row(Op::Delete).map_err(|error| format!("the kit's own batch failed: {error}"))?;
        }
        self.changes(ReadRequest::new(Scope::Rows(Arc::clone(&self.table), keys), None)).await
    }

    /// The rows that a read gives, and the ids of its deletes.
    async fn changes(&self, request: ReadRequest) -> Result<(Vec<TestRow>, Vec<i64>), String> {
        let key = self.table.schema.key()[0];
        let (batches, _) = self.batches(request).await?;
        let (mut there, mut absent) = (Vec::new(), Vec::new());
        for row in batches.iter().flat_map(|batch| batch.rows.rows()) {
            match (row.op(), row.get(key)) {
                (Op::Upsert, _) => there.push(self.test_row(row)?),
                (_, Value::Integer(id)) => absent.push(id),
                _ => return Err(format!("`id` is no number: {row:?}")),
            }
        }
        Ok((there, absent))
    }

    async fn batches(&self, request: ReadRequest) -> Result<(Vec<Batch>, End), String> {
        let rows = request.limits.rows;
        let mut reader = self.source.read(request).await.map_err(|error| format!("read failed: {error}"))?;
        let mut batches = Vec::new();
        loop {
            match reader.next().await.map_err(|error| format!("the reader failed: {error}"))? {
                Next::Batch(batch) if batch.rows.len() > rows => {
                    return Err(format!("a batch of {} rows where {rows} are allowed", batch.rows.len()));
                }
                Next::Batch(batch) => match batch.failed.first() {
                    Some(failed) => return Err(format!("a row failed: {}", failed.error)),
                    None => batches.push(batch),
                },
                Next::End(end) => return Ok((batches, end)),
                other => return Err(format!("the reader gave something unknown: {other:?}")),
            }
        }
    }

    /// The rows of batches, all of which are to be stored.
    pub(crate) fn given(&self, batches: Vec<Batch>) -> Result<Vec<Given>, String> {
        let mut given = Vec::new();
        for batch in batches {
            let rows = batch.rows.rows().map(|row| self.test_row(row)).collect::<Result<_, _>>()?;
            given.push(Given { rows, watermark: batch.watermark });
        }
        match given.last() {
            Some(last) if last.watermark.is_none() => Err("the last batch has no watermark".into()),
            _ => Ok(given),
        }
    }

    fn test_row(&self, row: sync_core::Row<'_>) -> Result<TestRow, String> {
        let cell = |name: &str| row.get(self.table.schema.position(name).unwrap_or_default());
        let Value::Integer(id) = cell("id") else { return Err(format!("`id` is no number: {row:?}")) };
        let Value::Text(stamp) = cell("stamp") else { return Err(format!("`stamp` is no text: {row:?}")) };
        let Value::Text(note) = cell("note") else { return Err(format!("`note` is no text: {row:?}")) };
        Ok(TestRow { id, stamp: stamp.trim_end_matches('Z').to_owned(), note: note.to_owned() })
    }
}

/// The changes of several tables in one stream.
pub(crate) struct Captured {
    pub(crate) rows: Vec<TestRow>,
    /// How many rows came before a watermark, and it.
    pub(crate) watermarks: Vec<(usize, Cursor)>,
}

impl Captured {
    /// Reads what came to these tables since the cursor. What was there when they were made is left out.
    pub(crate) async fn read(subjects: &[Subject], after: Option<&Cursor>) -> Result<Self, String> {
        let tables = subjects.iter().map(|subject| Arc::clone(&subject.table)).collect();
        let request = ReadRequest::new(Scope::Changes(tables), after.cloned());
        let (batches, _) = subjects[0].batches(request).await?;
        let mut captured = Self { rows: Vec::new(), watermarks: Vec::new() };
        for batch in &batches {
            for row in batch.rows.rows() {
                captured.rows.push(subjects[0].test_row(row)?);
            }
            captured.rows.retain(|row| row.note != "first");
            captured.watermarks.extend(batch.watermark.clone().map(|watermark| (captured.rows.len(), watermark)));
        }
        Ok(captured)
    }
}

pub(crate) async fn put(fixture: &dyn SourceFixture, table: &str, rows: &[TestRow]) -> Result<(), String> {
    fixture.put(table, rows).await.map_err(|error| format!("the fixture put no rows: {error}"))
}

/// All rows of some batches, in the order given.
pub(crate) fn rows(given: &[Given]) -> Vec<TestRow> {
    given.iter().flat_map(|given| given.rows.iter().cloned()).collect()
}

/// Each row once: that rows come twice is a promise of its own.
pub(crate) fn distinct(mut rows: Vec<TestRow>) -> Vec<TestRow> {
    rows.sort();
    rows.dedup();
    rows
}

/// The last watermark.
pub(crate) fn last_watermark(given: &[Given]) -> Result<Cursor, String> {
    given.iter().rev().find_map(|given| given.watermark.clone()).ok_or_else(|| "no batch has a watermark".into())
}

/// Compares rows as a multiset, and names what is missing, doubled or other than expected.
pub(crate) fn compare(what: &str, mut given: Vec<TestRow>, expected: &[TestRow]) -> Result<(), String> {
    let mut expected = expected.to_vec();
    given.sort();
    expected.sort();
    if given == expected {
        return Ok(());
    }
    let missing: Vec<_> = expected.iter().filter(|row| !given.contains(row)).take(3).collect();
    let strange: Vec<_> = given.iter().filter(|row| !expected.contains(row)).take(3).collect();
    let twice: Vec<_> = given.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).take(3).collect();
    Err(format!(
        "{what}: {} rows given, {} expected; missing {missing:?}, not expected {strange:?}, given twice {twice:?}",
        given.len(),
        expected.len()
    ))
}
