//! `a_poll_that_may_be_left_out_loses_nothing`

use std::time::{Duration, Instant};

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare, last_watermark, put, rows};

const TABLE: &str = "quiet";

/// Between two questions: others may write to the same server.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let subject = Subject::with(fixture, TABLE, &[TestRow::new(1, 1, "one"), TestRow::new(2, 2, "two")]).await?;
    let Some(before) = quiet(fixture, &subject).await? else { return Ok(()) };
    let mut cursor = last_watermark(&subject.read(None, 7).await?)?;
    if subject.capabilities().sweep {
        cursor = last_watermark(&subject.sweep(&cursor, None).await?.0).unwrap_or(cursor);
    }
    compare("a poll of what was read", rows(&subject.poll(&cursor, Some(before)).await?), &[])?;

    let later = [TestRow::new(3, 3, "later")];
    put(fixture, TABLE, &later).await?;
    let Some(now) = quiet(fixture, &subject).await? else { return Ok(()) };
    compare(
        "a poll after a write, in a source that is quiet again",
        rows(&subject.poll(&cursor, Some(now)).await?),
        &later,
    )
}

/// What the source tells of itself once nobody is about to write; `None` for one that never says so, or never comes to rest.
async fn quiet(fixture: &dyn SourceFixture, subject: &Subject) -> Result<Option<String>, String> {
    let started = Instant::now();
    loop {
        let told = subject.pulse().await?.quiet;
        if told.is_some() || started.elapsed() > fixture.counts_within() {
            return Ok(told);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
