//! The `data-sync` command, for the tests of this package.

use std::process::ExitCode;

fn main() -> ExitCode {
    sync_runner::main(sync_runner::registry())
}
