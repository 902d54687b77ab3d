//! A disk that gets full.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::succeed;
use crate::folders::{self, InstanceFolder};
use crate::{Account, Result};

/// A folder with a file system of its own, in memory, of a few megabytes. It goes with the value.
///
/// A limit on the size of files would do without root, but then a write fails otherwise than it does on a full disk, and only files of
/// that size do.
#[derive(Debug)]
pub struct SmallDisk {
    // Dropped after the disk was unmounted, below.
    folder: InstanceFolder,
}

impl SmallDisk {
    /// A disk of so many megabytes, or `None` for who is not root: nobody else may mount one.
    ///
    /// # Errors
    /// The system refuses it.
    pub fn new(megabytes: u32) -> Result<Option<Self>> {
        if !Account::is_root() {
            return Ok(None);
        }
        let servers = folders::servers_folder()?;
        let lock = folders::lock(&servers)?;
        folders::sweep(&servers);
        let disk = Self { folder: InstanceFolder::create(&servers, "disk")? };
        drop(lock);
        std::fs::create_dir(disk.path()).map_err(crate::Error::doing("cannot create the folder of a disk"))?;
        let size = format!("size={megabytes}m");
        succeed(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(disk.path()))?;
        Ok(Some(disk))
    }

    /// Its root folder.
    pub fn path(&self) -> PathBuf {
        mounted_in(self.folder.path())
    }

    /// Makes it larger, or smaller where so much is free.
    ///
    /// # Errors
    /// The system refuses it.
    pub fn resize(&self, megabytes: u32) -> Result<()> {
        succeed(Command::new("mount").args(["-o", &format!("remount,size={megabytes}m")]).arg(self.path()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What stays mounted is unmounted by the next process that sweeps.
        let _ = unmount(self.folder.path());
    }
}

/// Unmounts the disk of an instance's folder, even while somebody has a file open there.
pub(crate) fn unmount(instance: &Path) -> Result<()> {
    succeed(Command::new("umount").arg("--lazy").arg(mounted_in(instance)))
}

fn mounted_in(instance: &Path) -> PathBuf {
    instance.join("disk")
}
