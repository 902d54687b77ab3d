//! `data-sync completions`: what completes the command line in a shell.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::console::Console;
use crate::exit::Exit;

pub(super) fn run(console: &Console, shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "data-sync", &mut script);
    console.written(io::stdout().write_all(&script))
}
