//! `data-sync print-config`.

use std::io::{self, Write as _};

use crate::config::Config;
use crate::console::Console;
use crate::exit::Exit;

pub(super) fn run(config: &Config, console: &Console) -> Exit {
    console.written(io::stdout().write_all(config.to_toml().as_bytes()))
}
