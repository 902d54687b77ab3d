//! `a_silent_update_arrives_with_the_sweep`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare, last_watermark, put, rows};

const TABLE: &str = "silent_update";

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let before: Vec<_> = (1..=20).map(|n| TestRow::new(i64::from(n), 1000 + n, "before")).collect();
    let subject = Subject::with(fixture, TABLE, &before).await?;
    if !subject.capabilities().sweep {
        return Ok(());
    }
    let copied = last_watermark(&subject.read(None, 7).await?)?;

    // One row that keeps its stamp, one that comes with a stamp from before all others.
    let silent = [TestRow::new(7, 1007, "changed in silence"), TestRow::new(50, 1, "late")];
    put(fixture, TABLE, &silent).await?;
    let poll = subject.read(Some(&copied), 7).await?;
    let polled = last_watermark(&poll).unwrap_or(copied);
    let (sweep, _) = subject.sweep(&polled, None).await?;
    let arrived: Vec<_> = rows(&poll).into_iter().chain(rows(&sweep)).collect();
    // A sweep may give rows again that nobody changed.
    let mut changed: Vec<_> = arrived.into_iter().filter(|row| !before.contains(row)).collect();
    changed.sort();
    changed.dedup();
    compare("rows that no poll can see", changed, &silent)?;

    let swept = last_watermark(&sweep)?;
    let later = [TestRow::new(51, 5000, "later")];
    put(fixture, TABLE, &later).await?;
    compare("poll after the sweep", rows(&subject.read(Some(&swept), 7).await?), &later)
}
