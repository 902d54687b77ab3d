//! `data-sync resync`: forgets how far a table is, so that the next sync copies it again. Readers keep the old rows until then.

use sink_sqlite::SqliteReplica;
use sync_core::engine::copy_anew;
use sync_core::{Result, StreamId};

use crate::config::Config;
use crate::connect::open_sink;
use crate::console::Console;
use crate::exit::Exit;
use crate::named::named;

pub(super) fn run(config: &Config, console: &Console, table: &str) -> Exit {
    let known = match SqliteReplica::open(&config.sink.path).and_then(|replica| replica.tables()) {
        Ok(known) => known,
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    };
    let replica = match named(config, &known, table) {
        Ok(known) => known.name.as_str(),
        Err(error) => {
            console.error(&error);
            return Exit::Failed;
        }
    };
    match forget(config, replica) {
        Ok(true) => console.line(format_args!("{replica}: the next sync copies it again")),
        Ok(false) => console.line(format_args!("{replica}: it is not copied yet, and the next sync copies it anyway")),
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    }
    Exit::Success
}

/// Whether there was anything to forget.
fn forget(config: &Config, replica: &str) -> Result<bool> {
    copy_anew(&mut open_sink(config)?, &StreamId::new(replica))
}
