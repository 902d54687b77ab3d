//! What others build upon this: crates of their own, against ours as they would be published.

mod new_source;
mod packed;

use std::path::{Path, PathBuf};

pub(crate) use new_source::write as new_source;
use packed::Packed;

use crate::Outcome;
use crate::cargo::{cargo, succeed};

/// What a source's author depends on.
const FOR_A_SOURCE: [&str; 2] = ["sync-core", "sync-testkit"];
/// What whoever wants the command with a source of their own depends on.
const FOR_THE_COMMAND: [&str; 6] =
    ["sink-sqlite", "source-mysql", "source-postgres", "sync-core", "sync-http", "sync-runner"];
/// The example of such a command, and of a source.
const COMMAND: &str = "data-sync-jsonl";
const SOURCE: &str = "source-jsonl";
/// What is tested, with what it depends on of ours: a source that was just begun, and the examples.
const CRATES: [(&str, &[&str]); 3] =
    [("source-imagined", &FOR_A_SOURCE), (SOURCE, &FOR_A_SOURCE), (COMMAND, &FOR_THE_COMMAND)];

/// Packs our crates, and tests crates of others against what came out.
pub(crate) fn run() -> Outcome {
    let target = target_folder()?;
    let folder = target.join("third-party");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let packed = Packed::unpack(&[FOR_A_SOURCE.as_slice(), &FOR_THE_COMMAND].concat(), &target, &folder)?;
    new_source("imagined", &folder)?;
    for name in [SOURCE, COMMAND] {
        let example = test_servers::workspace_root().join("examples").join(name);
        // Here, where it is formatted by the rules of this repository.
        succeed(cargo(["fmt", "--", "--check"]).current_dir(&example))?;
        copy(&example, &folder.join(name))?;
    }
    for (name, ours) in CRATES {
        packed.stand_in(&folder.join(name), ours)?;
        let in_crate = |arguments: &[&str]| {
            let mut command = cargo(arguments.iter().copied());
            // One folder for all, beside that of the workspace: other settings would make everything else anew each time.
            command.current_dir(folder.join(name)).env("CARGO_TARGET_DIR", target.join("third-party-build"));
            succeed(command.env("CARGO_PROFILE_DEV_DEBUG", "0"))
        };
        in_crate(&["test", "--quiet"])?;
        // The command is three lines, below which everything would have to be checked once more.
        if name != COMMAND {
            in_crate(&["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"])?;
        }
    }
    Ok(())
}

fn target_folder() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let metadata =
        cargo_metadata::MetadataCommand::new().current_dir(test_servers::workspace_root()).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// A crate as a repository of its own would have it: without what only serves within this one, or was built.
fn copy(from: &Path, to: &Path) -> Outcome {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if [".cargo", "Cargo.lock", "target"].iter().any(|left_out| name == *left_out) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
