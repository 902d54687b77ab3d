//! `rows_of_equal_cursor_are_not_lost`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare, last_watermark, put, rows};

const TABLE: &str = "ties";

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let subject = Subject::with(fixture, TABLE, &[TestRow::new(1, 1, "before")]).await?;
    let start = last_watermark(&subject.read(None, 1).await?)?;

    let ties: Vec<_> = (2..=11).map(|id| TestRow::new(id, 500, "tie")).collect();
    put(fixture, TABLE, &ties).await?;
    let poll = subject.read(Some(&start), 1).await?;
    compare("rows of one stamp, one a batch", rows(&poll), &ties)?;
    for (index, given) in poll.iter().enumerate() {
        if let Some(watermark) = &given.watermark {
            let mut together = rows(&poll[..=index]);
            together.extend(rows(&subject.read(Some(watermark), 4).await?));
            // Sources that can't tell rows of one stamp apart may give the last ones again.
            together.sort();
            together.dedup();
            compare(&format!("rows of one stamp, resumed after {}", index + 1), together, &ties)?;
        }
    }

    let late: Vec<_> = (12..=15).map(|id| TestRow::new(id, 500, "same stamp, later")).collect();
    put(fixture, TABLE, &late).await?;
    let mut poll = rows(&subject.read(Some(&last_watermark(&poll)?), 2).await?);
    poll.retain(|row| !ties.contains(row));
    compare("rows that came later with the cursor's own stamp", poll, &late)
}
