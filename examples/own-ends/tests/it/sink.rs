//! The shelf as a sink.

use own_ends::Shelf;
use sync_core::memory::OwnedRow;
use sync_core::{Result, Sink};
use sync_testkit::{SinkFixture, sink_tests};

struct Memory(Shelf);

impl SinkFixture for Memory {
    fn open(&self) -> Result<Box<dyn Sink>> {
        Ok(Box::new(self.0.clone()))
    }

    fn read(&self, replica: &str) -> Result<Option<Vec<OwnedRow>>> {
        Ok(self.0.rows(replica))
    }

    fn refuse(&self, replica: &str, note: &str) -> Result<()> {
        self.0.forbid(replica, note);
        Ok(())
    }
}

sink_tests!(Memory(Shelf::new()));
