//! `a_late_commit_arrives_with_the_sweep`

use crate::fixture::{SourceFixture, TestRow};
use crate::given::{Subject, last_watermark, put, rows};

const TABLE: &str = "late_commit";

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let subject = Subject::with(fixture, TABLE, &[TestRow::new(1, 1000, "before")]).await?;
    if !subject.capabilities().sweep {
        return Ok(());
    }
    let mut cursor = last_watermark(&subject.read(None, 7).await?)?;
    // Two transactions whose rows have older stamps than what others commit meanwhile. One ends before the poll that passes its stamp by,
    // one stays open through a poll and a sweep.
    let late = [TestRow::new(2, 500, "late"), TestRow::new(3, 501, "later")];
    let failed = |error| format!("the fixture began no transaction: {error}");
    let Some(first) = fixture.begin(TABLE, &late[..1]).await.map_err(failed)? else { return Ok(()) };
    let Some(second) = fixture.begin(TABLE, &late[1..]).await.map_err(failed)? else { return Ok(()) };
    put(fixture, TABLE, &[TestRow::new(10, 9000, "meanwhile")]).await?;
    let failed = |error| format!("the fixture could not commit: {error}");
    first.commit().await.map_err(failed)?;
    let mut arrived = Vec::new();
    let poll = subject.read(Some(&cursor), 7).await?;
    cursor = last_watermark(&poll)?;
    arrived.extend(rows(&poll));
    let (sweep, _) = subject.sweep(&cursor, None).await?;
    cursor = last_watermark(&sweep)?;
    arrived.extend(rows(&sweep));
    expect(&arrived, &late[0], "it was committed before the poll")?;

    second.commit().await.map_err(failed)?;
    let poll = subject.read(Some(&cursor), 7).await?;
    cursor = last_watermark(&poll).unwrap_or(cursor);
    arrived.extend(rows(&poll));
    arrived.extend(rows(&subject.sweep(&cursor, None).await?.0));
    expect(&arrived, &late[1], "it was committed after a sweep")
}

fn expect(arrived: &[TestRow], row: &TestRow, when: &str) -> Result<(), String> {
    if arrived.contains(row) { Ok(()) } else { Err(format!("{row:?} does not arrive: {when}, with an older stamp")) }
}
