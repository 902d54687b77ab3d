//! Our crates, packed as for publishing and unpacked again.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::cargo::{cargo, in_workspace, succeed};

/// Where they lie.
pub(super) struct Packed {
    folder: PathBuf,
}

impl Packed {
    /// Unpacks these crates into `folder`. One that is named twice is packed once.
    pub(super) fn unpack(names: &[&str], target: &Path, folder: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let mut command = cargo(["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir"]);
        command.arg(target);
        for name in names {
            command.args(["-p", name]);
        }
        succeed(&mut command)?;
        for name in names {
            let mut unpack = Command::new("tar");
            in_workspace(&mut unpack);
            let file = target.join("package").join(format!("{}.crate", unpacked(name)));
            // As of now: in the archive all files are of one day in 2006, and cargo would take another version's for these.
            succeed(unpack.args(["-x", "-m", "-z", "-f"]).arg(file).arg("-C").arg(folder))?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// Lets a crate take these of ours from here, as if they came from the registry, and all others in the versions that we
    /// are tested with.
    pub(super) fn stand_in(&self, user: &Path, names: &[&str]) -> Outcome {
        let patch = |name: &&str| format!("{name} = {{ path = {:?} }}\n", self.folder.join(unpacked(name)));
        let patches: String = names.iter().map(patch).collect();
        std::fs::create_dir_all(user.join(".cargo"))?;
        std::fs::write(user.join(".cargo/config.toml"), format!("[patch.crates-io]\n{patches}"))?;
        std::fs::copy(test_servers::workspace_root().join("Cargo.lock"), user.join("Cargo.lock"))?;
        Ok(())
    }
}

/// A crate's name with its version, as its folder and its file are called.
fn unpacked(name: &str) -> String {
    format!("{name}-{}", env!("CARGO_PKG_VERSION"))
}
