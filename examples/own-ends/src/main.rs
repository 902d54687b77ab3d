//! Syncs twice, and shows that the second sync reads only what is new.
#![expect(clippy::print_stdout, reason = "an application")]

use std::error::Error;

use own_ends::{Entry, Journals, Shelf};
use sync_core::{Engine, EngineSource, Wanted};

fn main() -> Result<(), Box<dyn Error>> {
    let (journals, shelf) = (Journals::new(), Shelf::new());
    journals.write("visits", Entry::new(1, "2026-01-01 09:00:00", "Ada"));
    journals.write("visits", Entry::new(2, "2026-01-01 10:00:00", "Grace"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    for later in [None, Some(Entry::new(3, "2026-01-01 11:00:00", "Edsger"))] {
        if let Some(entry) = later {
            journals.write("visits", entry);
        }
        let source = EngineSource::new(Box::new(journals.clone()), Wanted::tables(["visits".parse()?]));
        let report = runtime.block_on(Engine::new(Box::new(shelf.clone()), vec![source])?.sync());
        for table in &report.tables {
            println!("{}: {} rows read", table.replica, table.rows_read);
        }
    }
    for row in shelf.rows("tmp_visits").unwrap_or_default() {
        println!("{row:?}");
    }
    Ok(())
}
