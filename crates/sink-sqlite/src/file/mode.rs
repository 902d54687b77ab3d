//! Who may open the file. SQLite gives its side files the mode of the file itself, so the file must have the right one from the start.

use std::io::Result;
use std::path::Path;

use sync_core::{Error, Result as CoreResult};

use super::{SIDES, beside};
use crate::open;

/// Creates the file if it is missing, and gives it and what stands beside it this mode.
pub(crate) fn make(path: &Path, mode: u32) -> CoreResult<()> {
    let make = || -> Result<()> {
        if !path.exists() {
            create(path, Some(mode))?;
        }
        set(path, mode)?;
        SIDES.iter().map(|side| beside(path, side)).filter(|side| side.exists()).try_for_each(|side| set(&side, mode))
    };
    make().map_err(|error| {
        Error::config(format!("its mode can't be set to {mode:04o}: {error}"))
            .at(open::place(path))
            .hint("run as the owner of the file, or set sink.mode to what it has")
    })
}

#[cfg(unix)]
pub(super) fn create(path: &Path, mode: Option<u32>) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(mode.unwrap_or(0o600)).open(path).map(drop)
}

#[cfg(unix)]
fn set(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if of(path) == Some(mode) {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(unix)]
pub(super) fn of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
pub(super) fn create(path: &Path, _: Option<u32>) -> Result<()> {
    std::fs::OpenOptions::new().write(true).create_new(true).open(path).map(drop)
}

#[cfg(not(unix))]
fn set(_: &Path, _: u32) -> Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn of(_: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_that_can_not_be_set_is_told() {
        let error = make(Path::new("/dev/null/replica.db"), 0o600).unwrap_err().to_string();
        assert!(error.starts_with("replica /dev/null/replica.db: its mode can't be set to 0600: "), "{error}");
        assert!(error.ends_with("run as the owner of the file, or set sink.mode to what it has"), "{error}");
    }
}
