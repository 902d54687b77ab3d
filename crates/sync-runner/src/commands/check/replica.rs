//! The replica's file: where it is, who may read it, who writes to it, and whether there is room.

use std::path::Path;

use sink_sqlite::SqliteReplica;
use sink_sqlite::file::{FileFacts, damages};
use sync_core::{Error, Result};

use crate::config::Config;
use crate::console::Console;
use crate::exit::Exit;

/// Less room than this is worth a word.
const LEAST_FREE: u64 = 256 << 20;
/// Damages that are told.
const DAMAGES: u32 = 20;

/// What was found.
pub(super) struct CheckedReplica {
    pub(super) facts: FileFacts,
    /// Nothing where it was not looked for; empty where it is sound.
    pub(super) damages: Option<Vec<String>>,
}

/// The file itself may be missing: the first sync makes it.
pub(super) fn check(config: &Config, console: &Console, integrity: bool) -> (CheckedReplica, Exit) {
    let path = &config.sink.path;
    let mut checked = CheckedReplica { facts: FileFacts::default(), damages: None };
    let looked = look(path).and_then(|facts| {
        checked.facts = facts;
        if !checked.facts.exists {
            return Ok(());
        }
        SqliteReplica::check(path)?;
        if integrity {
            checked.damages = Some(damages(SqliteReplica::open(path)?.connection(), DAMAGES)?);
        }
        Ok(())
    });
    if let Err(error) = looked {
        let place = format!("replica {}", path.display());
        console.error(&if error.place().is_none() { error.at(place) } else { error });
        return (checked, Exit::Replica);
    }
    tell_risks(&checked.facts, console);
    for damage in checked.damages.iter().flatten() {
        let error =
            Error::unavailable(format!("the file is damaged: {damage}")).at(format!("replica {}", path.display()));
        console.error(&error.hint("move it away; the next sync makes a new one"));
    }
    let sound = checked.damages.as_ref().is_none_or(Vec::is_empty);
    (checked, if sound { Exit::Success } else { Exit::Replica })
}

fn look(path: &Path) -> Result<FileFacts> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let error = Error::config(format!("the folder {} does not exist", folder.display()));
        return Err(error.hint("create it, or set sink.path"));
    }
    if path.is_dir() {
        return Err(Error::config("it is a folder").hint("set sink.path to a file in it"));
    }
    FileFacts::of(path)
}

fn tell_risks(facts: &FileFacts, console: &Console) {
    // A table that is copied anew stands beside the old one until it is complete.
    let wanted = LEAST_FREE.max(facts.bytes);
    if let Some(free) = facts.free_bytes.filter(|free| *free < wanted) {
        console.warning(format_args!(
            "only {} MiB are free where the replica is; copying a table anew takes its size again",
            free >> 20
        ));
    }
}
