//! Finds the programs of database servers: the search path, the distribution's folders, Homebrew, our own tools.

mod mysql;
mod postgres;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use mysql::own_mysql;
pub use mysql::{CHOSEN_MYSQL, MysqlFamily, MysqlTools, find_mysql};
pub(crate) use postgres::own_postgres;
pub use postgres::{CHOSEN_POSTGRES, PostgresTools, find_postgres};

use crate::install::debian;
use crate::{Error, Result};

/// The `pgbouncer` of this machine, if there is one.
pub fn find_pgbouncer() -> Option<PathBuf> {
    let mut folders = search_path();
    folders.extend(["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from));
    folders.push(debian::unpacked_folder().join("usr/sbin"));
    folders.into_iter().map(|folder| folder.join("pgbouncer")).find(|path| path.is_file())
}

fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// What a server says when it is asked for its version.
fn version_of(program: &Path) -> Result<String> {
    let asked = Command::new(program).arg("-V").stdin(Stdio::null()).output();
    let answer = asked.map_err(Error::doing(format!("cannot run {}", program.display())))?;
    match String::from_utf8_lossy(&answer.stdout).trim() {
        text if answer.status.success() && !text.is_empty() => Ok(text.to_owned()),
        _ => Err(Error::new(format!(
            "{} -V fails: {}",
            program.display(),
            String::from_utf8_lossy(&answer.stderr).trim()
        ))),
    }
}

/// Whether a client of this name is here and works: Debian's may be a script that finds no client behind it.
fn is_client(path: &Path) -> bool {
    let asked = || Command::new(path).arg("-V").stdin(Stdio::null()).output();
    path.is_file() && asked().is_ok_and(|answer| answer.status.success())
}
