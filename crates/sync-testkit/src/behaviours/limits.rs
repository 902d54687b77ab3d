//! `a_batch_ends_where_it_should`

use sync_core::BatchLimits;

use crate::fixture::{SourceFixture, TestRow};
use crate::given::Subject;

const BYTES: usize = 8 << 10;
const WIDTH: usize = 1 << 10;

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let wide = "x".repeat(WIDTH);
    let rows: Vec<_> = (1..=64).map(|n| TestRow::new(i64::from(n), n, &wide)).collect();
    let subject = Subject::with(fixture, "limits", &rows).await?;
    let sizes = subject.sizes(BatchLimits::new(1_000_000, BYTES)).await?;
    // What ended the batch before a row was begun may be exceeded by that one row, and its other columns take some bytes too.
    match sizes.iter().max() {
        Some(largest) if *largest > BYTES + 2 * WIDTH => {
            Err(format!("a batch of {largest} bytes, where no row is to be begun after {BYTES}"))
        }
        Some(_) => Ok(()),
        None => Err("no batch came".into()),
    }
}
