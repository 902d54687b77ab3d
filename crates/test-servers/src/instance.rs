//! A server that this process started, of whatever make: the folder of its data, its log, and its process, which may end and begin again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::folders::InstanceFolder;
use crate::guardian::{Guardian, Signal, wait_until};
use crate::{Error, Result};

/// How long a server may take to start or to stop.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// How often another port, or a server that was killed and is not quite gone, is tried again.
const ATTEMPTS: u32 = 20;

#[derive(Debug)]
pub(crate) struct Instance {
    // Dropped in this order: first the server ends, then its data goes.
    guardian: Option<Guardian>,
    folder: InstanceFolder,
}

impl Instance {
    /// With the data of this folder; it does not run yet.
    pub(crate) fn new(folder: InstanceFolder) -> Self {
        Self { guardian: None, folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> Result<String> {
        let path = self.folder().join("log");
        let bytes = fs::read(&path).map_err(Error::doing(format!("cannot read {}", path.display())))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Starts the program in the folder, and waits until it is ready, which it may tell by what it logged since. `last` ends it with
    /// this process.
    ///
    /// # Errors
    /// It does not become ready: the message, which begins with `name`, holds what it logged.
    pub(crate) fn run(
        &mut self,
        name: &str,
        (program, arguments): (&Path, &[String]),
        last: Signal,
        is_ready: impl Fn(&Guardian, &str) -> bool,
    ) -> Result<()> {
        let seen = self.log().map_or(0, |text| text.len());
        let new_text = || self.log().unwrap_or_default().get(seen..).unwrap_or_default().to_owned();
        let mut guardian = Guardian::start(self.folder(), &self.folder().join("log"), last, program, arguments)?;
        let ready = wait_until(LIMIT, || is_ready(&guardian, &new_text()) || guardian.ended().is_some());
        if ready.is_ok() && guardian.ended().is_none() {
            self.guardian = Some(guardian);
            return Ok(());
        }
        drop(guardian);
        Err(Error::new(format!("{name} does not start: {}", new_text())))
    }

    /// Ends it, if it runs. Its data stays.
    pub(crate) fn end(&mut self, signal: Signal) -> Result<()> {
        match self.guardian.take() {
            Some(mut guardian) => guardian.end(signal, LIMIT),
            None => Ok(()),
        }
    }
}

/// Tries to start a server again and again, as long as it fails for a reason that passes.
pub(crate) fn start_in_time(mut start: impl FnMut() -> Result<()>, passing: &[&str]) -> Result<()> {
    let mut reason = Error::new("not tried");
    for _ in 0..ATTEMPTS {
        match start() {
            Ok(()) => return Ok(()),
            Err(error) if passing.iter().any(|sign| error.to_string().contains(sign)) => reason = error,
            Err(error) => return Err(error),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(reason)
}

pub(crate) fn not_ours() -> Error {
    Error::new("another process started this server: a test that stops or inspects one starts its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_the_rest_is_told() {
        let mut tries = 0;
        let taken_once = || {
            tries += 1;
            if tries == 1 { Err(Error::new("the port is taken")) } else { Ok(()) }
        };
        start_in_time(taken_once, &["port is taken"]).unwrap();
        assert_eq!(tries, 2);
        let error = start_in_time(|| Err(Error::new("no such program")), &["port is taken"]).unwrap_err();
        assert_eq!(error.to_string(), "no such program");
    }
}
