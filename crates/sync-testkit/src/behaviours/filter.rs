//! `a_condition_keeps_rows_out`

use sync_core::ErrorKind;

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare, distinct, last_watermark, put, rows};

const TABLE: &str = "condition";

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let all: Vec<_> = (1..=20).map(|n| TestRow::new(i64::from(n), n, "row")).collect();
    let subject = Subject::with(fixture, TABLE, &all).await?;
    if !subject.capabilities().filter {
        return Ok(());
    }
    let conditions =
        fixture.conditions().ok_or("the source announces `filter`, and the fixture gives no conditions")?;
    let wrong = subject.filtered(&conditions.wrong);
    match wrong.try_out().await {
        Ok(()) => return Err(format!("{:?} is taken for a condition", conditions.wrong)),
        Err(error) if error.kind() != ErrorKind::Config => {
            return Err(format!("it is no error of configuration: {error}"));
        }
        Err(_) => {}
    }
    let subject = subject.filtered(&conditions.above_ten);
    subject.try_out().await.map_err(|error| format!("{:?} is refused: {error}", conditions.above_ten))?;
    let copy = subject.read(None, 7).await?;
    compare("copy", distinct(rows(&copy)), &all[10..])?;
    if subject.capabilities().reconcile {
        let mut keys = subject.keys(7).await?;
        keys.sort_unstable();
        if !keys.iter().copied().eq(11..=20) {
            return Err(format!("keys of rows above ten: {keys:?}"));
        }
        let (there, gone) = subject.rows_of(&[3, 13]).await?;
        compare("rows by key", there, &all[12..13])?;
        if gone != [3] {
            return Err(format!("a row that is left out is gone for whoever asks for it by key, and {gone:?} are"));
        }
    }
    let changed = [TestRow::new(4, 1000, "left out"), TestRow::new(14, 1001, "kept")];
    put(fixture, TABLE, &changed).await?;
    let (polled, gone) = subject.changes_after(&last_watermark(&copy)?).await?;
    compare("poll", polled, &changed[1..])?;
    if gone == [4] {
        Ok(())
    } else {
        Err(format!("a poll that comes across a row to leave out gives a delete for it, not {gone:?}"))
    }
}
