//! What each published crate offers, as a text in `api/`: so that a review sees when it changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use public_api::Builder;

use crate::cargo::{in_workspace, succeed};
use crate::{Outcome, notice};

/// The folder of the texts, from the root of the workspace.
const FOLDER: &str = "api";

/// The form of rustdoc's JSON that our `public-api` reads. Each nightly has one; raise both together.
const FORMAT: u64 = 57;

/// Writes the texts, or says which are stale.
///
/// Rustdoc describes a crate as JSON on a nightly toolchain only: without a fitting one nothing can be compared, and nothing written.
pub(crate) fn run(write: bool) -> Outcome {
    if let Err(reason) = nightly() {
        return without(write, &reason);
    }
    let mut stale = Vec::new();
    for name in published()? {
        let described = match describe(&name)? {
            Ok(described) => described,
            Err(reason) => return without(write, &reason),
        };
        let path = test_servers::workspace_root().join(FOLDER).join(format!("{name}.txt"));
        if write {
            std::fs::create_dir_all(path.with_file_name(""))?;
            std::fs::write(path, described)?;
        } else if let Some(difference) = difference(&std::fs::read_to_string(path).unwrap_or_default(), &described) {
            eprintln!("{FOLDER}/{name}.txt:\n{difference}");
            stale.push(name);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("{} offer something else: if it is meant, `cargo xtask api --write`", stale.join(", ")).into())
}

fn without(write: bool, reason: &str) -> Outcome {
    if write {
        return Err(reason.into());
    }
    notice(&format!("SKIPPED: what the crates offer is not compared. {reason}"));
    Ok(())
}

/// A cargo of the nightly toolchain, whichever one runs us.
fn nightly_cargo() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]);
    in_workspace(&mut command);
    for chosen in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(chosen);
    }
    command
}

fn nightly() -> Result<(), String> {
    let answered = nightly_cargo().arg("--version").output().is_ok_and(|answer| answer.status.success());
    if answered { Ok(()) } else { Err("There is no nightly toolchain; `rustup toolchain install nightly`".to_owned()) }
}

/// The names of the crates that are published, in order.
fn published() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let metadata = metadata()?;
    // An empty list of registries is `publish = false`.
    let published = metadata.workspace_packages().into_iter().filter(|package| package.publish.is_none());
    let mut names: Vec<_> = published.map(|package| package.name.to_string()).collect();
    names.sort();
    Ok(names)
}

/// All public items of a crate, one a line; the inner error for a nightly of another form.
fn describe(name: &str) -> Result<Result<String, String>, Box<dyn std::error::Error>> {
    // A folder of its own: another compiler would make everything anew each time.
    let target = metadata()?.target_directory.into_std_path_buf().join("api");
    let mut command = nightly_cargo();
    command.args(["rustdoc", "--quiet", "--locked", "--lib", "--all-features", "-p", name]);
    command.args(["-Z", "unstable-options", "--output-format", "json"]);
    // Only described, never run.
    command.args(["--config", "profile.dev.package.\"*\".opt-level=0"]);
    succeed(command.env("CARGO_TARGET_DIR", &target).env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    let json = target.join("doc").join(format!("{}.json", name.replace('-', "_")));
    if let Some(found) = format_of(&json)?.filter(|found| *found != FORMAT) {
        return Ok(Err(format!("This nightly describes crates in form {found}, and form {FORMAT} can be read")));
    }
    let described = Builder::from_rustdoc_json(json).omit_blanket_impls(true).omit_auto_trait_impls(true).build()?;
    Ok(Ok(described.to_string()))
}

fn format_of(json: &Path) -> Result<Option<u64>, Box<dyn std::error::Error>> {
    let described: serde_json::Value = serde_json::from_reader(std::io::BufReader::new(std::fs::File::open(json)?))?;
    Ok(described.get("format_version").and_then(serde_json::Value::as_u64))
}

fn metadata() -> Result<cargo_metadata::Metadata, cargo_metadata::Error> {
    let root: PathBuf = test_servers::workspace_root();
    cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec()
}

/// The lines that went and those that came; nothing where both texts have the same ones.
fn difference(before: &str, now: &str) -> Option<String> {
    let only = |of: &str, other: &str, sign: char| -> String {
        let other: std::collections::HashSet<&str> = other.lines().collect();
        of.lines().filter(|line| !other.contains(line)).map(|line| format!("{sign} {line}\n")).collect()
    };
    let found = only(before, now, '-') + &only(now, before, '+');
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_and_what_came_is_shown() {
        assert_eq!(difference("pub fn a()\npub fn b()\n", "pub fn b()\npub fn a()\n"), None);
        assert_eq!(difference("a\nb\n", "b\nc\n").unwrap(), "- a\n+ c\n");
        assert_eq!(difference("", "c\n").unwrap(), "+ c\n");
    }

    #[test]
    fn without_a_nightly_nothing_is_compared_and_nothing_said_to_be_written() {
        assert!(without(false, "none").is_ok());
        assert_eq!(without(true, "none").unwrap_err().to_string(), "none");
    }
}
