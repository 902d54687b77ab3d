//! `an_unchanged_table_is_not_swept`

use std::time::{Duration, Instant};

use sync_core::{Cursor, End};

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, last_watermark, put, rows};

const TABLE: &str = "unchanged";

/// Between two questions: servers count their changes a little late.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let subject = Subject::with(fixture, TABLE, &[TestRow::new(1, 1, "one"), TestRow::new(2, 2, "two")]).await?;
    if !subject.capabilities().sweep || subject.activity().await?.is_none() {
        return Ok(());
    }
    let copied = last_watermark(&subject.read(None, 7).await?)?;
    let patience = fixture.counts_within();
    let swept =
        sweep_until(&subject, patience, copied, "a table that nobody writes to is swept each time", |end, _| {
            end == End::Unchanged
        });
    let swept = swept.await?;

    let silent = TestRow::new(1, 1, "changed in silence");
    put(fixture, TABLE, std::slice::from_ref(&silent)).await?;
    let arrives = |_, rows: &[TestRow]| rows.contains(&silent);
    sweep_until(&subject, patience, swept, "a change does not arrive, as the table counts as unchanged", arrives)
        .await?;
    Ok(())
}

/// Sweeps as an engine does, each time under the activity that was told before, until it is as wanted. Gives the last cursor.
async fn sweep_until(
    subject: &Subject,
    patience: Duration,
    mut cursor: Cursor,
    otherwise: &str,
    wanted: impl Fn(End, &[TestRow]) -> bool,
) -> Result<Cursor, String> {
    let started = Instant::now();
    loop {
        let activity = subject.activity().await?;
        let (given, end) = subject.sweep(&cursor, activity).await?;
        if end == End::Unchanged && !given.is_empty() {
            return Err("a sweep that was left out gave batches".into());
        }
        if let Ok(watermark) = last_watermark(&given) {
            cursor = watermark;
        }
        if wanted(end, &rows(&given)) {
            return Ok(cursor);
        }
        if started.elapsed() > patience {
            return Err(otherwise.to_owned());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
