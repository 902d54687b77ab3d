//! A server never outlives the process that started it, however that process ends.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::{Error, Result};

/// Runs the server `$4…` and waits for it. Standard input is a pipe from the process that wants the server: when that
/// process ends, the pipe closes, the server is ended and its folder `$1` removed. A postmaster that was killed leaves
/// a shared memory segment, named in its pid file.
const SCRIPT: &str = r#"
folder=$1 log=$2 signal=$3
shift 3
exec 3<&0
"$@" </dev/null >>"$log" 2>&1 3<&- &
server=$!
echo "$server"
{ read -r _ <&3; : >"$folder/abandoned"; kill -"$signal" "$server"; } >/dev/null 2>&1 &
watcher=$!
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
if [ -e "$folder/abandoned" ]; then
    sed -n 7p "$folder/data/postmaster.pid" 2>/dev/null | while read -r _ segment; do ipcrm -m "$segment" 2>/dev/null; done
    cd / && rm -rf "$folder"
fi
exit "$code"
"#;

/// A running server and the shell that watches over it.
#[derive(Debug)]
pub(crate) struct Guardian {
    shell: Child,
    /// The pipe whose end tells the shell that we are gone.
    pipe: Option<ChildStdin>,
    server: u32,
    ending: Signal,
}

/// What a server is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Postgres: end sessions, write a checkpoint, stop.
    Interrupt,
    /// Postgres: stop at once, as after a crash.
    Quit,
    /// MariaDB and MySQL: end sessions, write everything, stop.
    Terminate,
    Kill,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Terminate => "TERM",
            Self::Kill => "KILL",
        }
    }
}

impl Guardian {
    /// Starts `program` with its output in `log`. `ending` is how it is stopped when nobody asks for anything else.
    pub(crate) fn start(
        folder: &Path,
        log: &Path,
        ending: Signal,
        program: &Path,
        arguments: &[String],
    ) -> Result<Self> {
        let mut shell = Account::current()?
            .command("/bin/sh")
            .args(["-c", SCRIPT, "guardian"])
            .args([folder, log])
            .arg(ending.name())
            .arg(program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal goes to its whole process group: the guardian must outlive us to clean up.
            .process_group(0)
            .spawn()
            .map_err(Error::doing("cannot start /bin/sh"))?;
        let pipe = shell.stdin.take();
        let mut line = String::new();
        if let Some(output) = shell.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(Error::doing("the guardian does not answer"))?;
        }
        let server = line.trim().parse().map_err(Error::doing(format!("the guardian answered {line:?}")))?;
        Ok(Self { shell, pipe, server, ending })
    }

    /// The server's process id.
    pub(crate) fn server(&self) -> u32 {
        self.server
    }

    /// How the server ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.shell.try_wait().ok().flatten()
    }

    /// Ends the server in this way and waits until it is gone.
    pub(crate) fn end(&mut self, signal: Signal, limit: Duration) -> Result<()> {
        if self.ended().is_none() {
            send(self.server, signal)?;
            if wait_until(limit, || self.ended().is_some()).is_err() {
                send(self.server, Signal::Kill)?;
                let _ = wait_until(limit, || self.ended().is_some());
            }
        }
        self.pipe = None;
        Ok(())
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        let _ = self.end(self.ending, Duration::from_secs(10));
    }
}

/// Standard Rust cannot send signals: the shell can, on every system.
pub(crate) fn send(pid: u32, signal: Signal) -> Result<()> {
    let script = format!("kill -{} {pid}", signal.name());
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().map_err(Error::doing("cannot run `kill`")).map(drop)
}

/// Asks again and again until the answer is yes, or the time is over.
pub(crate) fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> Result<()> {
    let end = Instant::now() + limit;
    while !condition() {
        if Instant::now() >= end {
            return Err(Error::new(format!("waited {} s", limit.as_secs())));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
