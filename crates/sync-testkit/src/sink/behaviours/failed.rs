//! Rows that are kept aside.

use sync_core::{FailedRow, Op, ReplicaTable, SchemaChange, Sink, WriteStats};

use crate::sink::fixture::SinkFixture;
use crate::sink::subject::{Checked, REPLICA, begin, expect, failed, open, publish, row, same, table, write_live};

pub(super) fn refused(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    publish(&mut *sink, &table, &[row(1, "first")])?;
    fixture.refuse(REPLICA, "refused").map_err(failed("refuse"))?;
    let rows = [row(2, "good"), row(3, "refused"), row(4, "good too")];
    let stats = write_live(&mut *sink, &table, Op::Upsert, &rows)?;
    let mut expected = WriteStats::new(2, 0, 0);
    expected.failed = 1;
    same("counted", &stats, &expected)?;
    expect(fixture, "after a refused row", Some(&[row(1, "first"), row(2, "good"), row(4, "good too")]))?;

    drop(sink);
    let mut sink = open(fixture)?;
    let kept = sink.failed_rows(&table, 10).map_err(failed("failed_rows"))?;
    match kept.as_slice() {
        [kept] if kept.key == "[\"3\"]" && !kept.error.is_empty() && kept.row.contains("refused") => Ok(()),
        _ => Err(format!("kept aside are {kept:?}, not the one row that was refused")),
    }
}

pub(super) fn forgotten(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    publish(&mut *sink, &table, &[row(1, "first"), row(4, "old")])?;
    let mut transaction = begin(&mut *sink)?;
    for id in 3..=6 {
        let kept = FailedRow::new(format!("[\"{id}\"]"), "not UTF-8", "{}");
        transaction.fail(&table, &kept).map_err(failed("fail"))?;
    }
    transaction.commit(&[]).map_err(failed("commit"))?;
    same("failed rows, at most", &sink.failed_rows(&table, 2).map_err(failed("failed_rows"))?.len(), &2)?;

    write_live(&mut *sink, &table, Op::Upsert, &[row(1, "other"), row(3, "stored"), row(4, "old")])?;
    write_live(&mut *sink, &table, Op::Delete, &[row(5, "")])?;
    same("failed rows after three were stored or deleted", &keys(&mut *sink, &table)?, &vec!["[\"6\"]".to_owned()])?;

    let mut transaction = begin(&mut *sink)?;
    transaction.apply_schema(&table, &SchemaChange::StartBuild).map_err(failed("apply_schema"))?;
    transaction.commit(&[]).map_err(failed("commit"))?;
    same("failed rows after a new copy began", &keys(&mut *sink, &table)?, &Vec::new())
}

fn keys(sink: &mut dyn Sink, table: &ReplicaTable) -> Result<Vec<String>, String> {
    let kept = sink.failed_rows(table, 10).map_err(failed("failed_rows"))?;
    Ok(kept.into_iter().map(|kept| kept.key).collect())
}
