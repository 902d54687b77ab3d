//! `a_reader_resumes_after_any_watermark`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, compare, distinct, rows};

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let expected: Vec<_> = (1..=20).map(|n| TestRow::new(n, 21 - u32::try_from(n).unwrap_or(0), "row")).collect();
    let subject = Subject::with(fixture, "resume", &expected).await?;
    let copy = subject.read(None, 3).await?;
    let watermarks = copy.iter().filter(|given| given.watermark.is_some() && !given.rows.is_empty()).count();
    if watermarks == 0 {
        return Err("a copy of 20 rows in batches of 3 gives no watermark with its rows".into());
    }
    for (index, given) in copy.iter().enumerate() {
        if let Some(watermark) = &given.watermark {
            // Only the seam is looked at here: a row twice on one side of it is another promise's matter.
            let mut together = distinct(rows(&copy[..=index]));
            together.extend(distinct(rows(&subject.read(Some(watermark), 3).await?)));
            compare(&format!("broken off after batch {}, then resumed", index + 1), together, &expected)?;
        }
    }
    Ok(())
}
