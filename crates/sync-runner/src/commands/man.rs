//! `data-sync man`: the manual pages of all commands.

use std::path::Path;

use clap::CommandFactory as _;
use sync_core::Error;

use crate::cli::Cli;
use crate::console::Console;
use crate::exit::Exit;

pub(super) fn run(console: &Console, folder: &Path) -> Exit {
    // Colours are for terminals.
    match clap_mangen::generate_to(Cli::command().styles(clap::builder::Styles::plain()), folder) {
        Ok(()) => Exit::Success,
        Err(reason) => {
            let error =
                Error::config(format!("the manual pages can't be written: {reason}")).at(folder.display().to_string());
            console.error(&error.hint("name a folder that is there and that this user may write to"));
            Exit::Config
        }
    }
}
