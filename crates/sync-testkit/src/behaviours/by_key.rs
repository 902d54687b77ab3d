//! `keys_and_rows_by_key_are_exact`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare};

/// Prime to the number of rows, so that the last batch is not full.
const BATCH: usize = 7;

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let row = |id: i64, n: u32| TestRow::new(id, n, if n.is_multiple_of(2) { "even" } else { "Ünïcødé ✓" });
    let mut expected: Vec<_> = (1..=250).map(|n| row(i64::from(n) * 3, 251 - n)).collect();
    expected.extend([row(0, 900), row(-1, 901), row(i64::MIN, 902), row(i64::MAX, 903)]);
    let subject = Subject::with(fixture, "by_key", &expected).await?;
    if !subject.capabilities().reconcile {
        return Ok(());
    }
    let ids: Vec<i64> = expected.iter().map(|row| row.id).collect();
    same("keys", subject.keys(BATCH).await?, &ids)?;

    let absent: Vec<i64> = (1..=250).map(|n| n * 3 + 1).chain([-2, i64::MAX - 1]).collect();
    let asked: Vec<i64> = ids.iter().chain(&absent).copied().collect();
    let (there, gone) = subject.rows_of(&asked).await?;
    compare("rows asked for by key", there, &expected)?;
    same("deletes for keys that are absent", gone, &absent)?;
    let (there, gone) = subject.rows_of(&[]).await?;
    if there.is_empty() && gone.is_empty() { Ok(()) } else { Err("rows are given though none was asked for".into()) }
}

/// Compares ids as a multiset.
fn same(what: &str, mut given: Vec<i64>, expected: &[i64]) -> Result<(), String> {
    let mut expected = expected.to_vec();
    given.sort_unstable();
    expected.sort_unstable();
    if given == expected {
        return Ok(());
    }
    let missing: Vec<_> = expected.iter().filter(|id| !given.contains(id)).take(3).collect();
    let strange: Vec<_> = given.iter().filter(|id| !expected.contains(id)).take(3).collect();
    Err(format!(
        "{what}: {} given, {} expected; missing {missing:?}, not expected {strange:?}",
        given.len(),
        expected.len()
    ))
}
