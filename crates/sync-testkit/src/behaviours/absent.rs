//! `an_absent_table_is_an_error`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::Subject;

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let subject = Subject::with(fixture, "absent", &[TestRow::new(1, 1, "there")]).await?;
    let gone = subject.renamed("absent_for_sure")?;
    match gone.read(None, 7).await {
        Err(_) => Ok(()),
        Ok(given) => Err(format!("a table that is not there is read as one, in {} batches", given.len())),
    }
}
