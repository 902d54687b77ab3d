//! The system's package manager: as root, or with sudo after saying what and why.

use std::io::IsTerminal;
use std::process::Command;

use super::Notice;
use super::run::{exists, run};
use crate::account::Account;
use crate::{Error, Result};

pub(super) const POSTGRES_BY_HAND: &str = "  Debian, Ubuntu:  apt-get install postgresql\n  \
    Fedora:          dnf install postgresql-server postgresql\n  \
    Alpine:          apk add postgresql postgresql-client\n  \
    macOS:           brew install postgresql@17";

pub(super) const MARIADB_BY_HAND: &str = "  Debian, Ubuntu:  apt-get install mariadb-server-core mariadb-client-core\n  \
    Fedora:          dnf install mariadb-server mariadb\n  \
    Alpine:          apk add mariadb mariadb-client\n  \
    macOS:           brew install mariadb";

/// A package manager and what it calls things.
struct PackageManager {
    program: &'static str,
    needs_root: bool,
    postgres: &'static str,
    mariadb: &'static str,
    /// Nothing where its package would start a service.
    pgbouncer: Option<&'static str>,
}

const PACKAGE_MANAGERS: [PackageManager; 4] = [
    PackageManager {
        program: "apt-get",
        needs_root: true,
        postgres: APT_POSTGRES,
        mariadb: APT_MARIADB,
        pgbouncer: None,
    },
    PackageManager {
        program: "dnf",
        needs_root: true,
        postgres: "dnf install -y postgresql-server postgresql",
        mariadb: "dnf install -y mariadb-server mariadb",
        pgbouncer: Some("dnf install -y pgbouncer"),
    },
    PackageManager {
        program: "apk",
        needs_root: true,
        postgres: "apk add --no-cache postgresql postgresql-client",
        mariadb: "apk add --no-cache mariadb mariadb-client",
        pgbouncer: Some("apk add --no-cache pgbouncer"),
    },
    PackageManager {
        program: "brew",
        needs_root: false,
        postgres: "brew install postgresql@17",
        mariadb: "brew install mariadb",
        pgbouncer: Some("brew install pgbouncer"),
    },
];

/// Without the setting the package would make a cluster and start it on port 5432. A machine that has the file keeps
/// what it says.
const APT_POSTGRES: &str = "
set -e
export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
conf=/etc/postgresql-common/createcluster.conf
mkdir -p /etc/postgresql-common
grep -qs '^ *create_main_cluster' $conf || echo 'create_main_cluster = false' >>$conf
apt-get -o Acquire::http::Timeout=30 update
apt-get -o Acquire::http::Timeout=30 -o Dpkg::Options::=--force-confold install -y --no-install-recommends postgresql
";

/// The programs alone: these packages bring no service.
const APT_MARIADB: &str = "
set -e
export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
packages='mariadb-server-core mariadb-client-core'
install='apt-get -o Acquire::http::Timeout=30 -o Dpkg::Options::=--force-confold install -y --no-install-recommends'
$install $packages || { apt-get -o Acquire::http::Timeout=30 update; $install $packages; }
";

/// The server and its client.
pub(super) fn install_postgres(notice: Notice<'_>) -> Result<()> {
    let manager = package_manager()?;
    install(manager, "PostgreSQL", manager.postgres, notice)
}

/// MariaDB and its client.
pub(super) fn install_mariadb(notice: Notice<'_>) -> Result<()> {
    let manager = package_manager()?;
    install(manager, "MariaDB", manager.mariadb, notice)
}

/// The pooler, where its package starts no service.
pub(super) fn install_pgbouncer(notice: Notice<'_>) -> Result<()> {
    let manager = package_manager()?;
    let script = manager.pgbouncer.ok_or_else(|| {
        Error::new(format!("{} is not asked for it: its package would start a service", manager.program))
    })?;
    install(manager, "PgBouncer", script, notice)
}

fn package_manager() -> Result<&'static PackageManager> {
    let found = PACKAGE_MANAGERS.iter().find(|manager| exists(manager.program));
    found.ok_or_else(|| Error::new("none of apt-get, dnf, apk and brew is there"))
}

fn install(manager: &PackageManager, what: &str, script: &str, notice: Notice<'_>) -> Result<()> {
    let shell = ["sh", "-c", script];
    let words: Vec<&str> = match (manager.needs_root && !Account::is_root(), exists("sudo")) {
        (false, _) => shell.to_vec(),
        // Without a terminal nobody could type a password.
        (true, true) if std::io::stdin().is_terminal() => [&["sudo"], &shell[..]].concat(),
        (true, true) => [&["sudo", "-n"], &shell[..]].concat(),
        (true, false) => return Err(Error::new(format!("{} needs root, and sudo is not there", manager.program))),
    };
    let sudo = if words[0] == "sudo" { ", with sudo" } else { "" };
    notice(&format!("{what} is missing: {} installs it{sudo}:\n{}", manager.program, script.trim()));
    run(Command::new(words[0]).args(&words[1..])).map(drop)
}
