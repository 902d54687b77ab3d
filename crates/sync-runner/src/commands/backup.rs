//! `data-sync backup`: a copy of the replica, taken while it is synced or not.

use std::path::Path;

use sink_sqlite::file::backup;

use crate::config::Config;
use crate::console::Console;
use crate::exit::Exit;

pub(super) fn run(config: &Config, console: &Console, target: &Path) -> Exit {
    match backup(&config.sink.path, target) {
        Ok(copy) => {
            console.line(format_args!("{} is written: {} bytes", copy.path.display(), copy.bytes));
            Exit::Success
        }
        Err(error) => {
            console.error(&error);
            Exit::Replica
        }
    }
}
