use std::fs;
use std::path::{Path, PathBuf};

use super::{is_client, search_path, version_of};
use crate::account::Account;
use crate::install::{fetch, releases};
use crate::{Error, Result, tools_folder};

/// The programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresTools {
    /// The folder of `postgres` and `initdb`.
    pub bin: PathBuf,
    /// The client, of this or another version.
    pub psql: PathBuf,
    /// As the server prints it: `15.18 (Debian 15.18-0+deb12u1)`.
    pub version: String,
}

impl PostgresTools {
    /// The server programs in this folder. The client may come from elsewhere.
    pub fn in_folder(bin: &Path) -> Result<Self> {
        let psql = find_psql(bin)
            .ok_or_else(|| Error::new(format!("no `psql` beside {}, nor anywhere else", bin.display())))?;
        Ok(Self { bin: bin.to_path_buf(), psql, version: server_version(bin)? })
    }
}

/// The environment variable with the PostgreSQL that is to be used instead of the machine's own: the name of a
/// [`Release`](crate::install::Release), `postgres-17`, or the folder of its programs.
pub const CHOSEN_POSTGRES: &str = "DATA_SYNC_TEST_POSTGRES_RELEASE";

/// The PostgreSQL that `DATA_SYNC_TEST_POSTGRES_RELEASE` names, else the first usable one of this machine.
///
/// # Errors
/// None was found: the message says what to run.
pub fn find_postgres() -> Result<PostgresTools> {
    if let Some(chosen) = std::env::var_os(CHOSEN_POSTGRES) {
        return PostgresTools::in_folder(&releases::chosen(&chosen)?);
    }
    own_postgres()
}

/// The first usable PostgreSQL of this machine.
pub(crate) fn own_postgres() -> Result<PostgresTools> {
    let found = postgres_folders().into_iter().find_map(|bin| PostgresTools::in_folder(&bin).ok());
    found.ok_or_else(|| Error::new("no PostgreSQL server with its client `psql` was found; run `cargo xtask test`"))
}

fn postgres_folders() -> Vec<PathBuf> {
    // A link in the search path leads to the folder where its neighbours are.
    let linked = search_path().into_iter().filter_map(|folder| {
        let server = fs::canonicalize(folder.join("postgres")).ok()?;
        server.parent().map(Path::to_path_buf)
    });
    let mut folders: Vec<PathBuf> = linked.collect();
    folders.extend(["/usr/bin", "/usr/local/bin"].map(PathBuf::from));
    folders.extend(newest_first(Path::new("/usr/lib/postgresql"), "").into_iter().map(|f| f.join("bin")));
    folders.extend(newest_first(Path::new("/usr"), "pgsql-").into_iter().map(|f| f.join("bin")));
    for brew in ["/opt/homebrew/opt", "/usr/local/opt"] {
        folders.extend(newest_first(Path::new(brew), "postgresql@").into_iter().map(|f| f.join("bin")));
    }
    folders.extend(fetched_postgres());
    folders.retain(|folder| is_server_folder(folder));
    folders
}

/// Where [`install`](crate::install) puts the packages of npm and PyPI.
fn fetched_postgres() -> Vec<PathBuf> {
    let npm = tools_folder().join("npm/node_modules/@embedded-postgres");
    let mut folders: Vec<PathBuf> = fs::read_dir(npm)
        .map(|entries| entries.flatten().map(|entry| entry.path().join("native/bin")).collect())
        .unwrap_or_default();
    folders.push(fetch::pypi_postgres());
    folders
}

fn find_psql(bin: &Path) -> Option<PathBuf> {
    let elsewhere = || search_path().into_iter().chain(postgres_folders()).chain(fetched_postgres());
    std::iter::once(bin.to_path_buf()).chain(elsewhere()).map(|folder| folder.join("psql")).find(|path| is_client(path))
}

fn is_server_folder(folder: &Path) -> bool {
    let enterable = Account::current().is_ok_and(|account| account.can_enter(folder));
    enterable && ["postgres", "initdb"].iter().all(|program| folder.join(program).is_file())
}

fn server_version(bin: &Path) -> Result<String> {
    let program = bin.join("postgres");
    let text = version_of(&program)?;
    let version = text.strip_prefix("postgres (PostgreSQL) ");
    version
        .map(str::to_owned)
        .ok_or_else(|| Error::new(format!("{} -V does not answer as PostgreSQL does", program.display())))
}

/// The folders in `parent` that are called `prefix` and a number, the greatest number first.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .map(|entries| entries.flatten().filter_map(|entry| numbered(&entry.path(), prefix)).collect())
        .unwrap_or_default();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, path)| path).collect()
}

fn numbered(path: &Path, prefix: &str) -> Option<(u32, PathBuf)> {
    let number = path.file_name()?.to_str()?.strip_prefix(prefix)?.parse().ok()?;
    Some((number, path.to_path_buf()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let parent = std::env::temp_dir().join(format!("test-servers-find-{}", std::process::id()));
        for name in ["pg-9", "pg-15", "pg-10", "pg-x", "other-99"] {
            fs::create_dir_all(parent.join(name)).unwrap();
        }
        let found = newest_first(&parent, "pg-");
        fs::remove_dir_all(&parent).unwrap();
        assert_eq!(found, ["pg-15", "pg-10", "pg-9"].map(|name| parent.join(name)));
    }

    #[test]
    fn a_folder_without_a_server_says_so() {
        let error = server_version(Path::new("/nowhere")).unwrap_err();
        assert!(error.to_string().starts_with("cannot run /nowhere/postgres: "), "{error}");
    }
}
