//! From one end to the other.

use own_ends::{Entry, Journals, Shelf};
use sync_core::engine::SyncReport;
use sync_core::{Checkpoint, CopyState, Cursor, Engine, EngineSource, OwnedValue, Sink, StreamId, Wanted};

fn sync(journals: &Journals, shelf: &Shelf) -> SyncReport {
    let source = EngineSource::new(Box::new(journals.clone()), Wanted::tables(["visits".parse().unwrap()]));
    let engine = Engine::new(Box::new(shelf.clone()), vec![source]).unwrap();
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(engine.sync())
}

fn journals() -> Journals {
    let journals = Journals::new();
    for (id, name) in [(1, "Ada"), (2, "Grace")] {
        journals.write("visits", Entry::new(id, "2026-01-01 09:00:00", name));
    }
    journals
}

fn names(shelf: &Shelf) -> Vec<OwnedValue> {
    shelf.rows("tmp_visits").unwrap().into_iter().map(|mut row| row.remove(2)).collect()
}

#[test]
fn the_second_sync_reads_only_what_is_new() {
    let (journals, shelf) = (journals(), Shelf::new());
    assert_eq!(sync(&journals, &shelf).tables[0].rows_read, 2);
    journals.write("visits", Entry::new(2, "2026-01-01 10:00:00", "Grace H."));
    journals.write("visits", Entry::new(3, "2026-01-01 11:00:00", "Edsger"));
    assert_eq!(sync(&journals, &shelf).tables[0].rows_read, 2);
    assert_eq!(names(&shelf), ["Ada", "Grace H.", "Edsger"].map(OwnedValue::from));
    assert_eq!(shelf.error("tmp_visits"), None);
}

#[test]
fn a_cursor_of_another_version_leads_to_another_copy() {
    let (journals, mut shelf) = (journals(), Shelf::new());
    sync(&journals, &shelf);
    let stored = Sink::checkpoint(&mut shelf, &StreamId::new("tmp_visits")).unwrap().unwrap();
    let of_later = Checkpoint::new(stored.stream, Cursor::new("v2:two"), CopyState::Live, stored.fingerprint)
        .upkeep(stored.upkeep);
    shelf.begin().unwrap().commit(&[of_later]).unwrap();
    let report = sync(&journals, &shelf);
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.tables[0].rows_read, 2);
    assert_eq!(names(&shelf), ["Ada", "Grace"].map(OwnedValue::from));
    let again = Sink::checkpoint(&mut shelf, &StreamId::new("tmp_visits")).unwrap().unwrap();
    assert_eq!(again.cursor.token(), "v1:2");
}
