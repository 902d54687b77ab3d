//! Programs that are run to their end.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::{Error, Result};

/// Runs it; what it says when it fails is the error.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let answer = run(command)?;
    if answer.status.success() {
        return Ok(());
    }
    let program = Path::new(command.get_program()).display().to_string();
    Err(Error::new(format!("{program} failed: {}", String::from_utf8_lossy(&answer.stderr).trim())))
}

pub(crate) fn run(command: &mut Command) -> Result<Output> {
    // The current folder may be closed to the account that runs servers.
    let answer = command.current_dir("/").stdin(Stdio::null()).output();
    answer.map_err(Error::doing(format!("cannot run {}", Path::new(command.get_program()).display())))
}
