//! The system account that runs the servers: database servers refuse to run as root.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::{Error, Result};

/// Accounts without rights of their own that root lends to a server, the first that exists.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// Who runs the servers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    gid: u32,
    switched: bool,
}

impl Account {
    /// Ourselves, or as root the account `postgres` (else `nobody`).
    pub(crate) fn current() -> Result<Self> {
        static ACCOUNT: OnceLock<Result<Account>> = OnceLock::new();
        ACCOUNT.get_or_init(Self::look_up).clone()
    }

    fn look_up() -> Result<Self> {
        let (uid, gid) = (id(&["-u"])?, id(&["-g"])?);
        if uid != 0 {
            return Ok(Self { uid, gid, switched: false });
        }
        let unprivileged = |name: &&str| Some((id(&["-u", name]).ok()?, id(&["-g", name]).ok()?));
        let (uid, gid) = UNPRIVILEGED.iter().find_map(unprivileged).ok_or_else(|| {
            Error::new("servers refuse to run as root, and neither the user `postgres` nor `nobody` exists")
        })?;
        Ok(Self { uid, gid, switched: true })
    }

    /// Whether this is the root user, who may install packages.
    pub(crate) fn is_root() -> bool {
        Self::current().is_ok_and(|account| account.switched)
    }

    /// A command that runs as this account, without the caller's settings for database clients.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        if self.switched {
            command.uid(self.uid).gid(self.gid);
        }
        clear_client_settings(&mut command);
        command.env("LC_ALL", "C");
        command
    }

    /// Gives a file or folder to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        if !self.switched {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid)).map_err(Error::doing(format!("cannot chown {}", path.display())))
    }

    /// Whether this account can pass through the folder and every folder above it.
    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        !self.switched
            || folder.ancestors().all(|ancestor| {
                ancestor.metadata().is_ok_and(|found| {
                    let bit = match () {
                        () if found.uid() == self.uid => 0o100,
                        () if found.gid() == self.gid => 0o010,
                        () => 0o001,
                    };
                    found.mode() & bit != 0
                })
            })
    }
}

/// `PGHOST`, `PGOPTIONS`, `PGSERVICE`, `MYSQL_PWD` and the like would send a client or server somewhere else.
pub(crate) fn clear_client_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["PG", "MYSQL_", "MARIADB_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(&*name);
        }
    }
}

fn id(arguments: &[&str]) -> Result<u32> {
    let answer = Command::new("id").args(arguments).output().map_err(Error::doing("cannot run `id`"))?;
    let text = String::from_utf8_lossy(&answer.stdout);
    text.trim().parse().map_err(Error::doing(format!("`id {}` answered {:?}", arguments.join(" "), text.trim())))
}
