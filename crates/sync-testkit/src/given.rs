//! Reads what a source gives, in a form that checks can look through.

use std::sync::Arc;

use sync_core::{
    Activity, Batch, BatchLimits, Capabilities, Cursor, End, Next, Op, ReadRequest, RowBatch, Scope, Source,
    SourceTable, Value,
};

use crate::fixture::{SourceFixture, TestRow};

/// A source with one of its test tables.
pub(crate) struct Subject {
    source: Box<dyn Source>,
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
        put(fixture, table, rows).await?;
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
        Ok(Self { source, table: Arc::new(table) })
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }

    /// What the source's pulse tells of the table.
    pub(crate) async fn activity(&self) -> Result<Option<Activity>, String> {
        let pulse = self.source.pulse().await.map_err(|error| format!("pulse failed: {error}"))?;
        Ok(pulse.tables.get(self.table.schema.id()).cloned())
    }

    /// Reads to the end: a copy, or the rows after a cursor. A batch holds `rows` rows at most.
    pub(crate) async fn read(&self, after: Option<&Cursor>, rows: usize) -> Result<Vec<Given>, String> {
        let scope = Scope::Table(Arc::clone(&self.table));
        let request = ReadRequest::new(scope, after.cloned()).limits(BatchLimits::new(rows, usize::MAX));
        let (batches, _) = self.batches(request).await?;
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
        let request = ReadRequest::new(Scope::Rows(Arc::clone(&self.table), keys), None);
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

    fn given(&self, batches: Vec<Batch>) -> Result<Vec<Given>, String> {
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

pub(crate) async fn put(fixture: &dyn SourceFixture, table: &str, rows: &[TestRow]) -> Result<(), String> {
    fixture.put(table, rows).await.map_err(|error| format!("the fixture put no rows: {error}"))
}

/// All rows of some batches, in the order given.
pub(crate) fn rows(given: &[Given]) -> Vec<TestRow> {
    given.iter().flat_map(|given| given.rows.iter().cloned()).collect()
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
