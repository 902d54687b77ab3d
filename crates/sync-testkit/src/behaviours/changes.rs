//! `transactions_come_whole_and_in_their_order`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Captured, Subject, put};

const TABLES: [&str; 2] = ["changes_a", "changes_b"];

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let first = Subject::with(fixture, TABLES[0], &[]).await?;
    if !first.capabilities().changes {
        return Ok(());
    }
    let subjects = [first, Subject::with(fixture, TABLES[1], &[]).await?];
    let row = |id: i64| TestRow::new(id, u32::try_from(id).unwrap_or(0), "row");
    let transactions: [(usize, Vec<TestRow>); 4] =
        [(0, vec![row(1), row(2)]), (1, vec![row(3)]), (0, vec![row(4)]), (1, vec![row(5), row(6)])];
    for (table, rows) in &transactions {
        put(fixture, TABLES[*table], rows).await?;
    }
    let expected: Vec<TestRow> = transactions.iter().flat_map(|(_, rows)| rows.clone()).collect();
    let captured = Captured::read(&subjects, None).await?;
    if captured.rows != expected {
        return Err(format!("four transactions of two tables came as {:?}", captured.rows));
    }
    // After any watermark the rest comes, and nothing before it.
    for (place, watermark) in &captured.watermarks {
        let rest = Captured::read(&subjects, Some(watermark)).await?.rows;
        if rest != expected[*place..] {
            return Err(format!("after row {place} came {rest:?}"));
        }
    }
    match captured.watermarks.last() {
        Some((_, watermark)) => subjects[0].acknowledge(watermark).await,
        None => Err("no transaction ends with a watermark".into()),
    }
}
