//! What others build upon this: a crate of their own, against ours as they would be published.

mod new_source;

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use new_source::write as new_source;

use crate::Outcome;
use crate::cargo::{cargo, in_workspace, succeed};

/// What a source's author depends on.
const PUBLISHED: [&str; 2] = ["sync-core", "sync-testkit"];

/// Packs our crates, and tests two sources of others against what came out: the example, and one that was just begun.
pub(crate) fn run() -> Outcome {
    let target = target_folder()?;
    let folder = target.join("third-party");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    pack(&target, &folder)?;
    new_source("imagined", &folder)?;
    example(&folder)?;
    for name in ["source-imagined", "source-jsonl"] {
        let mut command = cargo(["test", "--quiet"]);
        // One folder for both, beside that of the workspace: other settings would make everything else anew each time.
        command.current_dir(folder.join(name)).env("CARGO_TARGET_DIR", target.join("third-party-build"));
        succeed(&mut command)?;
    }
    Ok(())
}

fn target_folder() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let metadata =
        cargo_metadata::MetadataCommand::new().current_dir(test_servers::workspace_root()).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// Unpacks each crate as it would be published, and lets all crates below `folder` take these.
fn pack(target: &Path, folder: &Path) -> Outcome {
    let mut command = cargo(["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir"]);
    command.arg(target);
    for name in PUBLISHED {
        command.args(["-p", name]);
    }
    succeed(&mut command)?;
    let mut patches = String::from("[patch.crates-io]\n");
    for name in PUBLISHED {
        let packed = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
        let mut unpack = Command::new("tar");
        in_workspace(&mut unpack);
        unpack.arg("-xzf").arg(target.join("package").join(format!("{packed}.crate"))).arg("-C").arg(folder);
        succeed(&mut unpack)?;
        patches.push_str(&format!("{name} = {{ path = {:?} }}\n", folder.join(packed)));
    }
    std::fs::create_dir_all(folder.join(".cargo"))?;
    std::fs::write(folder.join(".cargo/config.toml"), patches)?;
    Ok(())
}

/// The example, cut off from this workspace.
fn example(folder: &Path) -> Outcome {
    let root = test_servers::workspace_root();
    let copied = folder.join("source-jsonl");
    copy(&root.join("examples/source-jsonl"), &copied)?;
    let manifest = std::fs::read_to_string(copied.join("Cargo.toml"))?;
    std::fs::write(copied.join("Cargo.toml"), standing_alone(&manifest)?)?;
    Ok(())
}

/// The manifest with what it inherits written out.
fn standing_alone(manifest: &str) -> Result<String, Box<dyn std::error::Error>> {
    let root: toml::Table = std::fs::read_to_string(test_servers::workspace_root().join("Cargo.toml"))?.parse()?;
    let workspace = root.get("workspace").and_then(toml::Value::as_table).ok_or("there is no workspace")?;
    let of = |table: &str, key: &str| workspace.get(table).and_then(|table| table.get(key)).cloned();
    let mut manifest: toml::Table = manifest.parse()?;
    for (section, inherited) in
        [("package", "package"), ("dependencies", "dependencies"), ("dev-dependencies", "dependencies")]
    {
        let Some(table) = manifest.get_mut(section).and_then(toml::Value::as_table_mut) else { continue };
        for (key, value) in table.iter_mut() {
            if value.get("workspace").is_some() {
                *value = of(inherited, key).ok_or_else(|| format!("the workspace has no {key}"))?;
                if let Some(value) = value.as_table_mut() {
                    value.remove("path");
                }
            }
        }
    }
    manifest.remove("lints");
    manifest.insert("workspace".to_owned(), toml::Value::Table(toml::Table::new()));
    Ok(toml::to_string(&manifest)?)
}

fn copy(from: &Path, to: &Path) -> Outcome {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
