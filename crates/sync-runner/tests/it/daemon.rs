//! The real command as a daemon: started, signalled, waited for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sink_sqlite::rusqlite::{Connection, OpenFlags};

/// Whatever is waited for happens within this time, or never.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait for what may well not come.
const SOON: Duration = Duration::from_secs(5);

/// A running `data-sync run`; killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Daemon {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub(crate) fn start_with(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_data-sync"));
        command.args(["run", "--log-format", "human"]).current_dir(folder).env_remove("RUST_LOG");
        command.envs(variables.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, shared) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                shared.lock().unwrap().push(line);
            }
        });
        Self { child, log, reader: Some(reader) }
    }

    /// `TERM`, `INT` or `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// The line of the log that holds this text, when it comes.
    pub(crate) fn wait_for_log(&self, text: &str) -> String {
        let mut found = None;
        self.wait_until(text, || {
            found = self.log().into_iter().find(|line| line.contains(text));
            found.is_some()
        });
        found.unwrap()
    }

    /// Where it serves its endpoints.
    pub(crate) fn address(&self) -> String {
        let line = self.wait_for_log("serving HTTP");
        line.split("address=").nth(1).unwrap().trim().to_owned()
    }

    /// Looks until it is so.
    pub(crate) fn wait_until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let started = Instant::now();
        while !condition() {
            assert!(started.elapsed() < PATIENCE, "this did not come: {what}\n{:#?}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether it is so within some seconds.
    pub(crate) fn is_so_soon(&self, mut condition: impl FnMut() -> bool) -> bool {
        let started = Instant::now();
        while started.elapsed() < SOON {
            if condition() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The exit code and the log.
    pub(crate) fn wait(mut self) -> (Option<i32>, Vec<String>) {
        let started = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            assert!(started.elapsed() < PATIENCE, "it does not end: {:#?}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        };
        self.reader.take().map(JoinHandle::join);
        (code, self.log())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.reader.take().map(JoinHandle::join);
    }
}

/// One number from the replica in this folder, when there is one.
pub(crate) fn number(folder: &Path, sql: &str) -> Option<i64> {
    let path = folder.join("replica.db");
    let replica = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    replica.busy_timeout(Duration::from_secs(5)).ok()?;
    replica.query_row(sql, [], |row| row.get(0)).ok()
}

/// The status code and the body of an answer.
pub(crate) fn ask(address: &str, method: &str, path: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n{head}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
