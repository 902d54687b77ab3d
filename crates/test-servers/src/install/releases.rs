//! Releases beside the machine's own: the tests are run against each of them.

use std::path::{Path, PathBuf};

use super::{Notice, fetch, suite};
use crate::{Error, MysqlTools, PostgresTools, Result, own_mysql, own_postgres, tools_folder};

/// A release of a server that the tests know how to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// What it is called here: `postgres-13`, `mariadb-11.8`.
    pub name: &'static str,
    origin: Origin,
}

/// Where it comes from if the machine's own server is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// This version of npm's package.
    Npm(&'static str),
    /// The package of PyPI that brings extensions which others lack.
    PypiPostgres,
    /// These packages of a suite of Debian.
    Suite { suite: &'static str, packages: [&'static str; 2] },
}

const MARIADB_PACKAGES: [&str; 2] = ["mariadb-server-core", "mariadb-client-core"];
const MYSQL_PACKAGES: [&str; 2] = ["mysql-server-core", "mysql-client-core"];

/// All of them, the order of the matrix.
pub const RELEASES: [Release; 10] = [
    Release { name: "postgres-13", origin: Origin::Npm("13.23.0-beta.16") },
    Release { name: "postgres-14", origin: Origin::Npm("14.23.0-beta.17") },
    Release { name: "postgres-15", origin: Origin::Npm("15.18.0-beta.17") },
    Release { name: "postgres-16", origin: Origin::Npm("16.14.0-beta.17") },
    Release { name: "postgres-17", origin: Origin::Npm("17.10.0-beta.17") },
    Release { name: "postgres-18", origin: Origin::Npm("18.4.0-beta.17") },
    Release { name: "postgres-pgvector", origin: Origin::PypiPostgres },
    Release { name: "mariadb-10.11", origin: Origin::Suite { suite: "bookworm", packages: MARIADB_PACKAGES } },
    Release { name: "mariadb-11.8", origin: Origin::Suite { suite: "trixie", packages: MARIADB_PACKAGES } },
    Release { name: "mysql-9.7", origin: Origin::Suite { suite: "sid", packages: MYSQL_PACKAGES } },
];

/// What [`Release::install`] answers: where a release is, and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// For the variable that chooses it, `DATA_SYNC_TEST_POSTGRES_RELEASE` or `DATA_SYNC_TEST_MYSQL_RELEASE`.
    pub folder: PathBuf,
    /// As the server says it.
    pub version: String,
}

impl Release {
    /// The release of this name.
    ///
    /// # Errors
    /// There is none: the message lists them.
    pub fn named(name: &str) -> Result<Self> {
        let found = RELEASES.into_iter().find(|release| release.name == name);
        let all = || RELEASES.map(|release| release.name).join(", ");
        found.ok_or_else(|| Error::new(format!("{name:?} is no release that can be had: those are {}", all())))
    }

    /// Whether it is PostgreSQL; else it is MariaDB or MySQL.
    pub fn is_postgres(self) -> bool {
        !matches!(self.origin, Origin::Suite { .. })
    }

    /// The release on this machine, installed first if it is missing.
    ///
    /// # Errors
    /// It cannot be had here. The message says why.
    pub fn install(self, notice: Notice<'_>) -> Result<Installed> {
        if let Ok(found) = self.found() {
            return Ok(found);
        }
        match self.origin {
            Origin::Npm(version) => fetch::npm_install(version, &self.tools(), notice)?,
            Origin::PypiPostgres => fetch::pip_install(fetch::PYPI_POSTGRES, notice)?,
            Origin::Suite { suite, packages } => suite::unpack(suite, &packages, &self.tools(), notice)?,
        }
        self.found()
    }

    /// The release on this machine.
    pub(crate) fn found(self) -> Result<Installed> {
        match self.origin {
            Origin::Npm(_) => self.own_postgres().map_or_else(|| postgres_in(&self.npm_folder()?), Ok),
            Origin::PypiPostgres => postgres_in(&fetch::pypi_postgres()),
            Origin::Suite { .. } => self.own_mysql().map_or_else(|| mysql_in(&self.tools()), Ok),
        }
    }

    fn tools(self) -> PathBuf {
        tools_folder().join("releases").join(self.name)
    }

    fn npm_folder(self) -> Result<PathBuf> {
        Ok(self.tools().join("node_modules").join(fetch::npm_package()?).join("native/bin"))
    }

    /// The machine's own server, if it is this release.
    fn own_postgres(self) -> Option<Installed> {
        let debian = Path::new("/usr/lib/postgresql").join(self.number()).join("bin");
        let own = PostgresTools::in_folder(&debian).or_else(|_| own_postgres()).ok()?;
        self.is_of(&own.version).then_some(Installed { folder: own.bin, version: own.version })
    }

    fn own_mysql(self) -> Option<Installed> {
        let own = own_mysql().ok().filter(|own| own.root.is_none() && self.is_of(&own.version))?;
        Some(Installed { folder: PathBuf::from("/"), version: own.version })
    }

    fn number(self) -> &'static str {
        self.name.split_once('-').map_or(self.name, |(_, number)| number)
    }

    fn is_of(self, version: &str) -> bool {
        let same_server = self.is_postgres() || self.name.starts_with("mariadb") == version.contains("MariaDB");
        let rest = version.strip_prefix(self.number());
        same_server && rest.is_some_and(|rest| rest.starts_with('.'))
    }
}

/// What a variable names that chooses a release: its folder, or its name.
pub(crate) fn chosen(text: &std::ffi::OsStr) -> Result<PathBuf> {
    match text.to_str() {
        Some(name) if !name.contains('/') => {
            let missing = || format!("{name} is not installed here; `cargo xtask matrix --only {name}` installs it");
            Release::named(name)?.found().map(|found| found.folder).map_err(Error::doing(missing()))
        }
        _ => Ok(PathBuf::from(text)),
    }
}

fn postgres_in(bin: &Path) -> Result<Installed> {
    PostgresTools::in_folder(bin).map(|tools| Installed { folder: tools.bin, version: tools.version })
}

fn mysql_in(root: &Path) -> Result<Installed> {
    MysqlTools::in_folder(root).map(|tools| Installed { folder: root.to_path_buf(), version: tools.version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_told_by_its_version() {
        let release = |name| Release::named(name).unwrap();
        assert!(release("postgres-15").is_of("15.18 (Debian 15.18-0+deb12u1)"));
        assert!(!release("postgres-15").is_of("150.1"));
        assert!(release("mariadb-10.11").is_of("10.11.19-MariaDB-0+deb12u1"));
        assert!(!release("mysql-9.7").is_of("9.7.1-MariaDB"));
        assert!(!release("mariadb-11.8").is_of("10.11.19-MariaDB-0+deb12u1"));
    }

    #[test]
    fn a_release_that_is_unknown_is_answered_with_all_that_are() {
        let error = Release::named("mysql-5.7").unwrap_err().to_string();
        assert!(error.starts_with("\"mysql-5.7\" is no release that can be had: those are postgres-13,"), "{error}");
        assert_eq!(chosen("/some/folder".as_ref()).unwrap(), Path::new("/some/folder"));
        assert!(chosen("mysql-5.7".as_ref()).is_err());
    }
}
