//! `a_dropped_reader_holds_nothing_back`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare, distinct, rows};

/// More than any pool of connections that a test would be given.
const DROPPED: usize = 20;

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let expected: Vec<_> = (1..=200).map(|n| TestRow::new(i64::from(n), n, "row")).collect();
    let subject = Subject::with(fixture, "dropped", &expected).await?;
    for _ in 0..DROPPED {
        let mut reader = subject.open(None, 3).await?;
        reader.next().await.map_err(|error| format!("the reader failed: {error}"))?;
    }
    let copy = distinct(rows(&subject.read(None, 7).await?));
    compare("a copy after readers that were dropped", copy, &expected)
}
