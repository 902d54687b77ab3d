//! `cargo xtask package`: the static binary, that it needs nothing of the system that it runs on, and a Debian package of it.

mod debian;
mod empty_root;
mod name_server;

use std::path::PathBuf;
use std::process::Command;

use crate::cargo::{cargo, succeed};
use crate::{Outcome, notice};

/// The usual target: the C library is linked in, its name look-up too.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const RUSTFLAGS: &str = "-C target-feature=+crt-static";
/// What an operator is promised.
const LARGEST: u64 = 15_000_000;
const UNIT: &str = "packaging/systemd/data-sync.service";
/// As `systemd-analyze security` rates it, times ten: 0 has no right at all, 100 has every one.
const MOST_EXPOSED: &str = "--threshold=20";

pub(crate) fn run() -> Outcome {
    let mut build = cargo(["build", "--locked", "--release", "--target", TARGET, "-p", "sync-runner"]);
    succeed(build.env("RUSTFLAGS", RUSTFLAGS))?;
    let binary = stripped()?;
    let bytes = std::fs::metadata(&binary)?.len();
    println!("{}: {bytes} bytes", binary.display());
    if bytes > LARGEST {
        return Err(format!("it has more than {LARGEST} bytes").into());
    }
    empty_root::syncs_in(&binary)?;
    unit()?;
    debian::build(&binary)
}

/// The binary without the names of its functions, which are a seventh of it.
fn stripped() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let root = std::env::var_os("CARGO_TARGET_DIR");
    let root = root.map_or_else(|| test_servers::workspace_root().join("target"), PathBuf::from);
    let (built, packaged) = (root.join(TARGET).join("release/data-sync"), root.join("package/data-sync"));
    std::fs::create_dir_all(root.join("package"))?;
    // It comes with every linker.
    succeed(Command::new("strip").args(["--strip-all", "-o"]).arg(&packaged).arg(built))?;
    Ok(packaged)
}

/// Whether systemd understands the unit, and how much it leaves open.
fn unit() -> Outcome {
    if !crate::test::answers(&PathBuf::from("systemd-analyze"), &["--version"]) {
        notice("SKIPPED: the unit can't be checked, as there is no systemd-analyze here");
        return Ok(());
    }
    let unit = test_servers::workspace_root().join(UNIT);
    let analyze = |arguments: &[&str]| Command::new("systemd-analyze").args(arguments).arg(&unit).output();
    let verified = analyze(&["verify"])?;
    let said = String::from_utf8_lossy(&verified.stderr);
    // The binary is at its place only where it was installed.
    let wrong: Vec<_> = said.lines().filter(|line| !line.contains("/usr/local/bin/data-sync is not exec")).collect();
    if !wrong.is_empty() {
        return Err(format!("systemd-analyze verify: {}", wrong.join("; ")).into());
    }
    let rated = analyze(&["security", "--offline=true", MOST_EXPOSED])?;
    let shown = String::from_utf8_lossy(&rated.stdout);
    println!("{}", shown.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim());
    if rated.status.success() { Ok(()) } else { Err("the unit leaves more open than it should".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dockerfile_and_the_readme_build_the_same_binary() {
        let build = format!("--release --target {TARGET} -p sync-runner");
        for page in [include_str!("../../../packaging/docker/Dockerfile"), include_str!("../../../packaging/README.md")]
        {
            assert!(page.contains(&format!("RUSTFLAGS=\"{RUSTFLAGS}\"")) && page.contains(&build), "{page}");
        }
    }
}
