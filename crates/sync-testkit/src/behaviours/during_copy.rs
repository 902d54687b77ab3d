//! `what_changes_during_a_copy_arrives`

use std::collections::BTreeMap;

use sync_core::Next;

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare, put, rows};

const TABLE: &str = "during_copy";

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let before: Vec<_> = (1..=60).map(|n| TestRow::new(i64::from(n), n, "before")).collect();
    let subject = Subject::with(fixture, TABLE, &before).await?;
    let mut reader = subject.open(None, 3).await?;
    let failed = |error| format!("the reader failed: {error}");
    let mut batches = Vec::new();
    if let Next::Batch(batch) = reader.next().await.map_err(failed)? {
        batches.push(batch);
    }

    // One that was given already, one that was not, and new ones on either side of where the copy stands.
    let changed: Vec<_> = [-5, 1, 60, 500].map(|id| TestRow::new(id, 5_000_000, "changed meanwhile")).into();
    put(fixture, TABLE, &changed).await?;
    while let Next::Batch(batch) = reader.next().await.map_err(failed)? {
        batches.push(batch);
    }
    drop(reader);

    let copied = batches.iter().rev().find_map(|batch| batch.watermark.clone());
    let copied = copied.ok_or("the copy gives no watermark")?;
    let mut given = rows(&subject.given(batches)?);
    given.extend(rows(&subject.read(Some(&copied), 7).await?));
    // As a replica takes them: a later row of the same id takes the place of an earlier one.
    let replica: BTreeMap<i64, TestRow> = given.into_iter().map(|row| (row.id, row)).collect();
    let mut expected: BTreeMap<i64, TestRow> = before.into_iter().map(|row| (row.id, row)).collect();
    expected.extend(changed.into_iter().map(|row| (row.id, row)));
    let expected: Vec<_> = expected.into_values().collect();
    compare("a copy with changes under way, and the poll after it", replica.into_values().collect(), &expected)
}
