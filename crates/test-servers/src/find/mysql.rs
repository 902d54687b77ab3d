use std::path::{Path, PathBuf};

use super::{is_client, search_path, version_of};
use crate::account::Account;
use crate::install::releases;
use crate::{Error, Result};

/// The environment variable with the MariaDB or MySQL that is to be used instead of the machine's own: the name of a
/// [`Release`](crate::install::Release), `mysql-9.7`, or the folder that holds its `usr`.
pub const CHOSEN_MYSQL: &str = "DATA_SYNC_TEST_MYSQL_RELEASE";

/// Which of the two servers of the family. They are started, set up and replicated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MysqlFamily {
    /// MariaDB.
    Mariadb,
    /// MySQL, as Oracle makes it.
    Mysql,
}

/// The programs of one installation of MySQL or MariaDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MysqlTools {
    /// `mariadbd` or `mysqld`.
    pub server: PathBuf,
    /// The client of the same release.
    pub client: PathBuf,
    /// Whose server it is.
    pub family: MysqlFamily,
    /// As the server says it: `10.11.19-MariaDB-0+deb12u1`.
    pub version: String,
    /// Where it was unpacked, if it was not installed: it must be told where its files are.
    pub(crate) root: Option<PathBuf>,
}

impl MysqlTools {
    /// The release that was unpacked into this folder, which holds its `usr`.
    ///
    /// # Errors
    /// There is no server with its client.
    pub fn in_folder(root: &Path) -> Result<Self> {
        let folders: Vec<_> = ["usr/sbin", "usr/bin"].into_iter().map(|folder| root.join(folder)).collect();
        let mut found = Self::among(&folders).map_err(Error::doing(format!("in {}", root.display())))?;
        // What is installed knows its files.
        found.root = (root != Path::new("/")).then(|| root.to_path_buf());
        Ok(found)
    }

    /// The first server and its client in these folders.
    fn among(folders: &[PathBuf]) -> Result<Self> {
        let mut reason = Error::new("no MariaDB or MySQL server with its client was found; run `cargo xtask test`");
        for server in programs(folders, &["mariadbd", "mysqld"]).filter(|program| is_usable(program)) {
            match Self::of(&server, folders) {
                Ok(tools) => return Ok(tools),
                Err(error) => reason = error,
            }
        }
        Err(reason)
    }

    fn of(server: &Path, folders: &[PathBuf]) -> Result<Self> {
        let text = version_of(server)?;
        let (family, version) = understood(&text)
            .ok_or_else(|| Error::new(format!("{} -V answers neither as MariaDB nor MySQL does", server.display())))?;
        let name = if family == MysqlFamily::Mariadb { "mariadb" } else { "mysql" };
        let client = programs(folders, &[name]).find(|path| is_client(path));
        let client = client.ok_or_else(|| Error::new(format!("{} has no client `{name}`", server.display())))?;
        Ok(Self { server: server.to_path_buf(), client, family, version, root: None })
    }

    /// Another program of the same release, `mariadb-install-db` for instance.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        let beside = self.server.parent().into_iter().chain(self.client.parent()).map(|folder| folder.join(name));
        let found = beside.into_iter().find(|path| path.is_file());
        found.ok_or_else(|| Error::new(format!("no `{name}` beside {}", self.server.display())))
    }
}

/// The MariaDB or MySQL that `DATA_SYNC_TEST_MYSQL_RELEASE` names, else the first of this machine.
///
/// # Errors
/// None was found: the message says what to run.
pub fn find_mysql() -> Result<MysqlTools> {
    if let Some(chosen) = std::env::var_os(CHOSEN_MYSQL) {
        return MysqlTools::in_folder(&releases::chosen(&chosen)?);
    }
    own_mysql()
}

/// The first MariaDB or MySQL of this machine.
pub(crate) fn own_mysql() -> Result<MysqlTools> {
    let mut folders = search_path();
    let usual = ["/usr/sbin", "/usr/bin", "/usr/libexec", "/usr/local/bin", "/opt/homebrew/opt/mariadb/bin"];
    folders.extend(usual.map(PathBuf::from));
    MysqlTools::among(&folders)
}

/// All of these programs that exist, in order of their names.
fn programs<'a>(folders: &'a [PathBuf], names: &'a [&str]) -> impl Iterator<Item = PathBuf> + 'a {
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).filter(|path| path.is_file())
}

fn is_usable(program: &Path) -> bool {
    let enterable = |folder| Account::current().is_ok_and(|account| account.can_enter(folder));
    program.parent().is_some_and(enterable)
}

/// Of `mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64`: what it is, and its version.
fn understood(text: &str) -> Option<(MysqlFamily, String)> {
    let version = text.split_once(" Ver ")?.1.split_whitespace().next()?.to_owned();
    let family = if text.contains("MariaDB") { MysqlFamily::Mariadb } else { MysqlFamily::Mysql };
    version.starts_with(|first: char| first.is_ascii_digit()).then_some((family, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_what_it_is() {
        let said = understood("mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)");
        assert_eq!(said, Some((MysqlFamily::Mariadb, "10.11.19-MariaDB-0+deb12u1".to_owned())));
        let said = understood("/usr/sbin/mysqld  Ver 9.7.0-1 for Linux on x86_64 ((Debian))");
        assert_eq!(said, Some((MysqlFamily::Mysql, "9.7.0-1".to_owned())));
        assert_eq!(understood("mysqld: command not found"), None);
    }

    #[test]
    fn a_folder_without_a_server_is_named() {
        let error = MysqlTools::in_folder(Path::new("/nowhere")).unwrap_err();
        assert!(error.to_string().starts_with("in /nowhere: no MariaDB or MySQL server"), "{error}");
    }
}
