//! Rows and what is stored with them.

use sync_core::engine::copy_anew;
use sync_core::{Checkpoint, CopyState, Cursor, DataType, HeldDeletes, Op, Sink, Upkeep, WriteStats};

use crate::sink::fixture::SinkFixture;
use crate::sink::subject::{
    Checked, batch, begin, build, expect, failed, finish, of_columns, open, publish, row, same, table, write,
    write_live,
};

pub(super) fn dropped(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    publish(&mut *sink, &table, &[row(1, "kept")])?;
    {
        let mut transaction = begin(&mut *sink)?;
        write(&mut *transaction, &table, CopyState::Live, &batch(&table, Op::Upsert, &[row(2, "dropped")])?)?;
    }
    drop(sink);
    expect(fixture, "after a dropped transaction", Some(&[row(1, "kept")]))
}

pub(super) fn together(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    publish(&mut *sink, &table, &[row(1, "first")])?;
    let cursor = Cursor::new("token é '\"").at_timestamp(Some(-1)).at_id(Some("0".into()));
    let checkpoint = Checkpoint::new(table.stream(), cursor, CopyState::Live, "fingerprint");
    let mut transaction = begin(&mut *sink)?;
    write(&mut *transaction, &table, CopyState::Live, &batch(&table, Op::Upsert, &[row(2, "second")])?)?;
    transaction.commit(std::slice::from_ref(&checkpoint)).map_err(failed("commit"))?;
    drop(sink);
    let stored = open(fixture)?.checkpoint(&table.stream()).map_err(failed("checkpoint"))?;
    if stored.as_ref() != Some(&checkpoint) {
        return Err(format!("stored {stored:?} instead of {checkpoint:?}"));
    }
    let read = open(fixture)?.replica().checkpoint(&table.stream()).map_err(failed("checkpoint"))?;
    if read != stored {
        return Err(format!("whoever reads finds the checkpoint {read:?} instead of {stored:?}"));
    }
    expect(fixture, "after a commit", Some(&[row(1, "first"), row(2, "second")]))
}

pub(super) fn staged(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    publish(&mut *sink, &table, &[row(1, "first")])?;
    if sink.is_staged() {
        return Err("it is still staged after the engine had it shown".into());
    }
    expect(fixture, "once it is not staged", Some(&[row(1, "first")]))?;
    write_live(&mut *sink, &table, Op::Upsert, &[row(2, "second")])?;
    let both = [row(1, "first"), row(2, "second")];
    expect(fixture, "after another commit", Some(&both))?;
    drop(sink);
    drop(open(fixture)?);
    expect(fixture, "when it was opened again", Some(&both))
}

pub(super) fn unchanged(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    publish(&mut *sink, &table, &[row(1, "same"), row(2, "old")])?;
    let rows = [row(1, "same"), row(2, "new"), row(3, "more")];
    same("counted", &write_live(&mut *sink, &table, Op::Upsert, &rows)?, &WriteStats::new(2, 0, 1))
}

pub(super) fn hidden(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    build(&mut *sink, &table, &[row(1, "first")])?;
    expect(fixture, "while the first copy is under way", None)?;
    finish(&mut *sink, &table)?;
    expect(fixture, "after it was published", Some(&[row(1, "first")]))?;
    build(&mut *sink, &table, &[row(7, "anew")])?;
    expect(fixture, "while another copy is under way", Some(&[row(1, "first")]))?;
    finish(&mut *sink, &table)?;
    expect(fixture, "after the other was published", Some(&[row(7, "anew")]))
}

pub(super) fn deleted(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    publish(&mut *sink, &table, &[row(1, "a"), row(2, "b"), row(3, "c")])?;
    let stats = write_live(&mut *sink, &table, Op::Delete, &[row(2, ""), row(9, "")])?;
    expect(fixture, "after a delete", Some(&[row(1, "a"), row(3, "c")]))?;
    same("counted", &stats, &WriteStats::new(0, 1, 1))
}

pub(super) fn without_key(fixture: &dyn SinkFixture) -> Checked {
    let mut sink = open(fixture)?;
    let table = of_columns(&[("id", DataType::Integer), ("note", DataType::Text)], &[])?;
    let rows = [row(1, "equal"), row(1, "equal"), row(2, "another")];
    publish(&mut *sink, &table, &rows)?;
    expect(fixture, "after a copy", Some(&rows))?;
    let fewer = [row(2, "another"), row(2, "another")];
    publish(&mut *sink, &table, &fewer)?;
    expect(fixture, "after another copy", Some(&fewer))
}

pub(super) fn notes(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    build(&mut *sink, &table, &[row(1, "row")])?;
    let mut full = Upkeep::default();
    full.swept_ms = Some(-1);
    full.reconciled_ms = Some(2);
    full.reconcile_owed = true;
    full.deletes_seen = Some("token é '\"".into());
    full.held = Some(HeldDeletes::new(3, 4, 5));
    for upkeep in [full, Upkeep::default()] {
        let cursor = Cursor::new("noted");
        let checkpoint = Checkpoint::new(table.stream(), cursor, CopyState::Building, "").upkeep(upkeep.clone());
        begin(&mut *sink)?.commit(&[checkpoint]).map_err(failed("commit"))?;
        drop(sink);
        sink = open(fixture)?;
        let stored = sink.checkpoint(&table.stream()).map_err(failed("checkpoint"))?;
        same("notes", &stored.map(|stored| stored.upkeep), &Some(upkeep))?;
    }
    Ok(())
}

pub(super) fn asked_for(fixture: &dyn SinkFixture) -> Checked {
    let (mut sink, table) = (open(fixture)?, table()?);
    let ask = |sink: &mut dyn Sink| copy_anew(sink, &table.stream()).map_err(failed("a copy that is asked for"));
    same("there is something to copy anew before the first copy", &ask(&mut *sink)?, &false)?;
    publish(&mut *sink, &table, &[row(1, "first")])?;
    same("there is something to copy anew after it", &ask(&mut *sink)?, &true)?;
    drop(sink);

    let mut sink = open(fixture)?;
    let stored = sink.checkpoint(&table.stream()).map_err(failed("checkpoint"))?;
    // One that is built for other settings is built anew.
    if stored.as_ref().is_some_and(|stored| stored.state == CopyState::Live || stored.fingerprint.is_empty()) {
        return Err(format!("the next run would go on from {stored:?} and copy nothing"));
    }
    expect(fixture, "until the other copy", Some(&[row(1, "first")]))?;
    publish(&mut *sink, &table, &[row(2, "anew")])?;
    expect(fixture, "after the other copy", Some(&[row(2, "anew")]))
}
