//! Debian's programs without installing them: their packages would start services. They are unpacked into the project's own
//! tools, which needs no root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Notice;
use super::run::{exists, run};
use crate::{Error, Result, tools_folder};

/// The pooler.
pub(super) fn unpack_pgbouncer(notice: Notice<'_>) -> Result<()> {
    unpack_package("pgbouncer", "PgBouncer", notice)
}

/// What checks metrics and rules; it comes with the whole of Prometheus.
pub(super) fn unpack_promtool(notice: Notice<'_>) -> Result<()> {
    unpack_package("prometheus", "promtool", notice)
}

/// Unpacks a package and those of its libraries that the machine lacks.
fn unpack_package(package: &str, program: &str, notice: Notice<'_>) -> Result<()> {
    if !exists("apt-get") || !exists("dpkg") {
        return Err(Error::new("this is no Debian"));
    }
    let folder = unpacked_folder();
    notice(&format!("{program} is not installed: apt-get downloads it, and it is unpacked into {}", folder.display()));
    let downloads = tools_folder().join("downloads");
    for needed in [&folder, &downloads] {
        fs::create_dir_all(needed).map_err(Error::doing(format!("cannot create {}", needed.display())))?;
    }
    let dependencies = run(Command::new("apt-cache").args(["depends", "--no-recommends", package]))?;
    let mut packages = vec![package.to_owned()];
    packages.extend(libraries(&dependencies).into_iter().filter(|name| !is_installed(name)));
    let mut download = Command::new("apt-get");
    download.args(["-o", "Acquire::http::Timeout=30", "-o", "APT::Sandbox::User=root", "download"]);
    run(download.args(&packages).current_dir(&downloads))?;
    let unpacked = unpack(&downloads, &folder);
    let _ = fs::remove_dir_all(&downloads);
    unpacked
}

/// Where the packages are unpacked.
pub(crate) fn unpacked_folder() -> PathBuf {
    tools_folder().join("debian")
}

/// The folders of the libraries that came along.
pub(crate) fn unpacked_libraries() -> Vec<PathBuf> {
    let parent = unpacked_folder().join("usr/lib");
    fs::read_dir(parent).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

/// Unpacks every package of a folder.
pub(super) fn unpack(downloads: &Path, folder: &Path) -> Result<()> {
    let entries = fs::read_dir(downloads).map_err(Error::doing("cannot read the downloads"))?;
    for package in
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "deb"))
    {
        run(Command::new("dpkg").arg("-x").args([&package, folder]))?;
    }
    Ok(())
}

/// Of the answer of `apt-cache depends`: the real packages that are libraries, but for those of web pages.
fn libraries(dependencies: &str) -> Vec<String> {
    let names = dependencies.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    names.filter(|name| name.starts_with("lib") && !name.starts_with("libjs-")).map(str::to_owned).collect()
}

fn is_installed(package: &str) -> bool {
    run(Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]))
        .is_ok_and(|state| state == "installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_told_from_the_rest() {
        let answer = "pgbouncer\n  Depends: libc6\n |Depends: init-system\n  Depends: <debconf>\n  Depends: adduser\n  Depends: libjs-jquery\n  Depends: libssl3\n";
        assert_eq!(libraries(answer), ["libc6", "libssl3"]);
    }
}
