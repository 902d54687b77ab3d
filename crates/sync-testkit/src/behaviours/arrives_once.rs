//! `every_row_arrives_once`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare, last_watermark, put, rows};

/// Prime to the number of rows, so that the last batch is not full.
const BATCH: usize = 7;

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let mut expected = awkward();
    // Ids fall while stamps grow, so that neither order serves for the other.
    expected.extend((1..=93).map(|n| TestRow::new(1000 - n, 2_000_000 + u32::try_from(n).unwrap_or(0), "plain")));
    let subject = Subject::with(fixture, "arrives_once", &expected).await?;
    let copy = subject.read(None, BATCH).await?;
    compare("copy", rows(&copy), &expected)?;

    let later: Vec<_> = (1..=10).map(|n| TestRow::new(2000 + n, 3_000_000, "later")).collect();
    put(fixture, "arrives_once", &later).await?;
    let poll = subject.read(Some(&last_watermark(&copy)?), BATCH).await?;
    compare("poll after the copy", rows(&poll), &later)
}

/// Values that were taken for something else before: 0 and the epoch for "no cursor", microseconds for milliseconds.
fn awkward() -> Vec<TestRow> {
    let row = |id, stamp: &str, note: &str| TestRow { id, stamp: stamp.into(), note: note.into() };
    vec![
        row(0, "1970-01-01 00:00:00.000000", ""),
        row(-1, "1969-12-31 23:59:59.999999", "'; drop table x; --"),
        row(i64::MIN, "2023-12-31 23:59:59.000100", "Ünïcødé ✓ 数据 🚚"),
        row(i64::MAX, "2023-12-31 23:59:59.000900", "line\nbreak \"quoted\" back\\slash\ttab"),
        row(9_007_199_254_740_993, "2023-12-31 23:59:59.000901", "NULL"),
    ]
}
