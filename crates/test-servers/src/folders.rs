//! Where tools are installed and where servers keep their data.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::account::Account;
use crate::{Error, Result};

/// The root of the project's checkout.
pub fn workspace_root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_path_buf()
}

/// The folder for tools that were fetched without root: `target/tools`, or a folder beside the data of servers where
/// the account that runs them cannot enter the checkout.
pub fn tools_folder() -> PathBuf {
    let target = workspace_root().join("target");
    let enterable = Account::current().is_ok_and(|account| account.can_enter(&workspace_root()));
    match servers_folder() {
        Ok(servers) if !enterable => servers.join("tools"),
        _ => target.join("tools"),
    }
}

/// The folder of all servers: `target/servers` when the account that runs them can enter it, else one in the temporary
/// folder. Only ever used after [`lock`] succeeded.
pub(crate) fn servers_folder() -> Result<PathBuf> {
    let account = Account::current()?;
    let in_temp = format!("data-sync-servers-{}", account.uid);
    let candidates = [
        workspace_root().join("target/servers"),
        std::env::temp_dir().join(&in_temp),
        Path::new("/tmp").join(&in_temp),
    ];
    let mut reasons = String::new();
    for candidate in candidates {
        match prepare(&candidate, account) {
            Ok(()) => return Ok(candidate),
            Err(reason) => reasons.push_str(&format!("\n  {}: {reason}", candidate.display())),
        }
    }
    Err(Error::new(format!("no folder for the data of servers can be had:{reasons}")))
}

fn prepare(folder: &Path, account: Account) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    fs::create_dir_all(folder).map_err(Error::doing("cannot create it"))?;
    // An entry that someone else left under this name in a shared temporary folder is not to be trusted.
    let found = fs::symlink_metadata(folder).map_err(Error::doing("cannot look at it"))?;
    let parent_is_shared = folder.parent().and_then(|p| p.metadata().ok()).is_some_and(|p| p.mode() & 0o1002 != 0);
    if !found.is_dir() || (parent_is_shared && found.uid() != account.uid && found.uid() != 0) {
        return Err(Error::new("it belongs to someone else"));
    }
    account.own(folder)?;
    if !account.can_enter(folder) {
        return Err(Error::new("the account that runs servers cannot enter it"));
    }
    open_lock(folder).map(drop)
}

fn open_lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::doing(format!("cannot open {}", path.display())))
}

/// Holds the servers' folder against other processes until dropped.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let file = open_lock(folder)?;
    file.lock().map_err(Error::doing(format!("cannot lock {}", folder.display())))?;
    Ok(file)
}

/// The folder of one server, removed with the value.
#[derive(Debug)]
pub(crate) struct InstanceFolder {
    path: PathBuf,
    /// Held while this process lives, so that others can tell what was left behind.
    _owner: File,
}

const OWNER: &str = "owner.lock";

impl InstanceFolder {
    /// A new folder, owned by the account that runs servers. Whoever calls holds the [`lock`].
    pub(crate) fn create(servers: &Path, kind: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("instance-{kind}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = servers.join(name);
        let failed = |reason: std::io::Error| Error::new(format!("cannot create {}: {reason}", path.display()));
        if path.exists() {
            fs::remove_dir_all(&path).map_err(failed)?; // of an earlier process of the same number
        }
        fs::create_dir(&path).map_err(failed)?;
        let owner = File::create(path.join(OWNER)).map_err(failed)?;
        owner.lock().map_err(failed)?;
        Account::current()?.own(&path)?;
        Ok(Self { path, _owner: owner })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for InstanceFolder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next process that starts a server.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes what processes that are gone left behind (their guardians were killed too). Whoever calls holds the [`lock`].
pub(crate) fn sweep(servers: &Path) {
    let Ok(entries) = fs::read_dir(servers) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let abandoned = || File::open(path.join(OWNER)).is_ok_and(|owner| owner.try_lock().is_ok());
        if entry.file_name().to_string_lossy().starts_with("instance-") && abandoned() {
            if path.join("disk").exists() {
                let _ = crate::disk::unmount(&path);
            }
            let _ = fs::remove_dir_all(&path);
        }
    }
}
