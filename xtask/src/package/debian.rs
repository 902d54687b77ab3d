//! The Debian package: the static binary, the unit, the manual pages, and what completes its command line.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::MetadataCommand;

use crate::cargo::succeed;
use crate::{Outcome, notice, test};

type Answer<T> = Result<T, Box<dyn std::error::Error>>;

const UNIT: &str = include_str!("../../../packaging/systemd/data-sync.service");
const CONTROL: &str = include_str!("../../../packaging/debian/control");
const COPYRIGHT: &str = include_str!("../../../packaging/debian/copyright");
/// What the package does to a system beside laying out its files.
const SCRIPTS: [(&str, &str); 3] = [
    ("postinst", include_str!("../../../packaging/debian/postinst")),
    ("prerm", include_str!("../../../packaging/debian/prerm")),
    ("postrm", include_str!("../../../packaging/debian/postrm")),
];
const DOCUMENTATION: &str = "usr/share/doc/data-sync";
const MANUAL: &str = "usr/share/man/man1";

/// Builds the package, and looks whether what it lays out works.
pub(super) fn build(binary: &Path) -> Outcome {
    if !test::answers(&PathBuf::from("dpkg-deb"), &["--version"]) {
        notice("SKIPPED: there is no dpkg-deb here to build the Debian package with");
        return Ok(());
    }
    let place = binary.parent().ok_or("the binary is in no folder")?;
    let root = place.join("debian");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    lay_out(&root, binary)?;
    let package = place.join(format!("data-sync_{}_amd64.deb", version()?));
    succeed(Command::new("dpkg-deb").args(["--build", "--root-owner-group", "-Zxz"]).arg(&root).arg(&package))?;
    println!("{}: {} bytes", package.display(), fs::metadata(&package)?.len());
    works(&package, &place.join("installed"))
}

fn lay_out(root: &Path, binary: &Path) -> Outcome {
    install(binary, &root.join("usr/bin/data-sync"))?;
    // What a package brings is not where an operator puts things.
    write(&root.join("lib/systemd/system/data-sync.service"), packaged_unit().as_bytes(), 0o644)?;
    let pages = root.join(MANUAL);
    fs::create_dir_all(&pages)?;
    succeed(Command::new(binary).arg("man").arg(&pages))?;
    for page in fs::read_dir(&pages)? {
        succeed(Command::new("gzip").args(["-9n"]).arg(page?.path()))?;
    }
    for (shell, file) in [
        ("bash", "usr/share/bash-completion/completions/data-sync"),
        ("zsh", "usr/share/zsh/vendor-completions/_data-sync"),
        ("fish", "usr/share/fish/vendor_completions.d/data-sync.fish"),
    ] {
        let script = Command::new(binary).args(["completions", shell]).output()?;
        if !script.status.success() || script.stdout.is_empty() {
            return Err(format!("data-sync completions {shell} ended with {}", script.status).into());
        }
        write(&root.join(file), &script.stdout, 0o644)?;
    }
    let folder = test_servers::workspace_root();
    let documentation = root.join(DOCUMENTATION);
    write(&documentation.join("copyright"), COPYRIGHT.as_bytes(), 0o644)?;
    write(&documentation.join("changelog.gz"), &gzipped(&fs::read(folder.join("CHANGELOG.md"))?)?, 0o644)?;
    for file in ["alerts.yml", "grafana.json"] {
        write(&documentation.join(file), &fs::read(folder.join("packaging").join(file))?, 0o644)?;
    }
    fs::create_dir_all(root.join("etc/data-sync"))?;
    let control = CONTROL.replace("@VERSION@", &version()?);
    write(&root.join("DEBIAN/control"), control.as_bytes(), 0o644)?;
    SCRIPTS.iter().try_for_each(|(name, script)| write(&root.join("DEBIAN").join(name), script.as_bytes(), 0o755))
}

fn packaged_unit() -> String {
    UNIT.lines()
        .filter(|line| !line.starts_with('#') || !is_about_installing(line))
        .fold(String::new(), |unit, line| unit + &line.replace("/usr/local/bin/", "/usr/bin/") + "\n")
}

/// The head of the unit tells how to install it, which the package has done.
fn is_about_installing(line: &str) -> bool {
    UNIT.lines().take_while(|line| line.starts_with('#')).any(|head| head == line)
}

/// The package laid out in a folder of its own: the binary runs, its pages are pages, and the unit is understood.
fn works(package: &Path, root: &Path) -> Outcome {
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    succeed(Command::new("dpkg-deb").arg("--extract").arg(package).arg(root))?;
    succeed(Command::new(root.join("usr/bin/data-sync")).arg("--version"))?;
    let pages = fs::read_dir(root.join(MANUAL))?.count();
    if pages < 10 || !root.join(MANUAL).join("data-sync.1.gz").exists() {
        return Err(format!("the package has {pages} manual pages").into());
    }
    for script in SCRIPTS {
        succeed(Command::new("sh").args(["-n", "-c", script.1]))?;
    }
    println!("the package lays out a binary that runs and {pages} manual pages");
    Ok(())
}

fn version() -> Answer<String> {
    let metadata = MetadataCommand::new().current_dir(test_servers::workspace_root()).no_deps().exec()?;
    let package = metadata.packages.iter().find(|package| package.name.as_str() == "sync-runner");
    Ok(package.ok_or("there is no package sync-runner")?.version.to_string())
}

fn install(from: &Path, to: &Path) -> Outcome {
    write(to, &fs::read(from)?, 0o755)
}

fn write(file: &Path, bytes: &[u8], mode: u32) -> Outcome {
    fs::create_dir_all(file.parent().ok_or("a file is in a folder")?)?;
    fs::write(file, bytes)?;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(mode))?)
}

/// Without a name and a time in it, so that the same text gives the same bytes.
fn gzipped(bytes: &[u8]) -> Answer<Vec<u8>> {
    let mut gzip = Command::new("gzip").args(["-9n"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    // What comes of a page of text fits into a pipe, so it need not be read meanwhile.
    gzip.stdin.take().ok_or("gzip takes no input")?.write_all(bytes)?;
    let zipped = gzip.wait_with_output()?;
    if zipped.status.success() { Ok(zipped.stdout) } else { Err(format!("gzip ended with {}", zipped.status).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packaged_unit_starts_what_the_package_brings() {
        let unit = packaged_unit();
        assert!(unit.starts_with("[Unit]\n") && unit.contains("ExecStart=/usr/bin/data-sync --config"), "{unit}");
        assert!(!unit.contains("/usr/local") && unit.contains("SystemCallFilter=setpriority"), "{unit}");
    }

    #[test]
    fn the_scripts_stop_at_the_first_failure() {
        for (name, script) in SCRIPTS {
            assert!(script.starts_with("#!/bin/sh\n") && script.contains("\nset -e\n"), "{name}: {script}");
        }
        assert!(CONTROL.contains("\nVersion: @VERSION@\n") && CONTROL.ends_with('\n'));
    }
}
