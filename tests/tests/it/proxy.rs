//! A connection between program and server that misbehaves on command.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use socket2::SockRef;
use test_servers::{Mysql, Postgres};

use crate::server::{Database, OwnServer};

/// What happens to bytes and to new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    /// Passed on.
    Pass,
    /// Accepted, and neither answered nor closed.
    Swallow,
    /// Closed.
    Cut,
    /// Closed by a reset: what is under way is lost.
    Reset,
    /// Passed on late, in small pieces.
    Slow,
    /// Not taken: whoever sends has to wait.
    Hold,
}

/// What a proxy can lead to.
pub(crate) trait Listens {
    fn address(&self) -> (String, u16);
}

impl Listens for Postgres {
    fn address(&self) -> (String, u16) {
        (self.host().to_owned(), self.port())
    }
}

impl Listens for Mysql {
    fn address(&self) -> (String, u16) {
        (self.host().to_owned(), self.port())
    }
}

impl Listens for OwnServer {
    fn address(&self) -> (String, u16) {
        self.address()
    }
}

impl Listens for Database {
    fn address(&self) -> (String, u16) {
        self.address()
    }
}

/// Listens on 127.0.0.1 until dropped.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    mode: AtomicU8,
    server: Mutex<(String, u16)>,
    /// Connections to a server that was another one then are closed.
    aimed: AtomicU64,
    /// Bytes from the server until everything is reset, once.
    left: AtomicI64,
    /// Bytes from the server until everything is held, once.
    held: Mutex<Option<usize>>,
    ended: AtomicU8,
}

/// How often a connection looks whether the mode changed.
const TICK: Duration = Duration::from_millis(20);
/// What a slow connection passes at once, and how long it takes for that.
const PIECE: usize = 512;
const DELAY: Duration = Duration::from_millis(5);

impl Proxy {
    pub(crate) fn to(server: &impl Listens) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            mode: AtomicU8::new(Mode::Pass as u8),
            server: Mutex::new(server.address()),
            aimed: AtomicU64::new(0),
            left: AtomicI64::new(i64::MAX),
            held: Mutex::new(None),
            ended: AtomicU8::new(0),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting));
        Self { port, shared }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, mode: Mode) {
        // Under the lock, so that what was to be held is not held after all.
        let mut held = self.shared.held.lock().unwrap();
        *held = None;
        self.shared.mode.store(mode as u8, Ordering::SeqCst);
    }

    /// Leads to another server from now on; connections to the first are closed.
    pub(crate) fn aim(&self, server: &impl Listens) {
        *self.shared.server.lock().unwrap() = server.address();
        self.shared.aimed.fetch_add(1, Ordering::SeqCst);
    }

    /// Resets all connections when the server has sent so many more bytes, most likely in the middle of a message; once.
    pub(crate) fn reset_after(&self, bytes: i64) {
        self.shared.left.store(bytes, Ordering::SeqCst);
    }

    /// Holds all connections when the server has sent about so many more bytes, until another mode is set; once.
    pub(crate) fn hold_after(&self, bytes: usize) {
        *self.shared.held.lock().unwrap() = Some(bytes);
    }

    /// Whether [`Proxy::reset_after`] came to pass.
    pub(crate) fn has_reset(&self) -> bool {
        self.shared.left.load(Ordering::SeqCst) == i64::MAX
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(1, Ordering::SeqCst);
        // Wakes the listener, which then ends.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Shared {
    fn is(&self, mode: Mode) -> bool {
        self.mode.load(Ordering::SeqCst) == mode as u8
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst) != 0
    }

    /// Counts bytes from the server; how many of them may still pass.
    fn spend(&self, bytes: usize) -> usize {
        let mut held = self.held.lock().unwrap();
        *held = held.and_then(|left| {
            if bytes >= left {
                self.mode.store(Mode::Hold as u8, Ordering::SeqCst);
            }
            left.checked_sub(bytes).filter(|left| *left > 0)
        });
        drop(held);
        let left = self.left.load(Ordering::SeqCst);
        if left == i64::MAX {
            return bytes;
        }
        let passed = (bytes as i64).min(left);
        let rest = if passed == left { i64::MAX } else { left - passed };
        self.left.store(rest, Ordering::SeqCst);
        if rest == i64::MAX {
            // All connections of this moment.
            self.aimed.fetch_add(1, Ordering::SeqCst);
        }
        passed as usize
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming().map_while(Result::ok) {
        if shared.has_ended() {
            return;
        }
        if shared.is(Mode::Cut) || shared.is(Mode::Reset) {
            close(&client, shared);
            continue;
        }
        let (host, port) = shared.server.lock().unwrap().clone();
        let aimed = shared.aimed.load(Ordering::SeqCst);
        let Ok(server) = TcpStream::connect((host.as_str(), port)) else { continue };
        for (from, to, answers) in [(&client, &server, false), (&server, &client, true)] {
            let (from, to, shared) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(shared));
            thread::spawn(move || pass(from, to, answers, aimed, &shared));
        }
    }
}

/// Until one side closes, or the mode says so.
fn pass(mut from: TcpStream, mut to: TcpStream, answers: bool, aimed: u64, shared: &Shared) {
    from.set_read_timeout(Some(TICK)).unwrap();
    let mut buffer = [0; 16 << 10];
    while !(shared.is(Mode::Cut) || shared.is(Mode::Reset) || shared.has_ended()) {
        if shared.aimed.load(Ordering::SeqCst) != aimed {
            break;
        }
        if shared.is(Mode::Hold) {
            thread::sleep(TICK);
            continue;
        }
        let slow = shared.is(Mode::Slow);
        let most = if slow { PIECE } else { buffer.len() };
        match from.read(&mut buffer[..most]) {
            Ok(0) => break,
            Ok(_) if shared.is(Mode::Swallow) => {}
            Ok(length) => {
                if slow {
                    thread::sleep(DELAY);
                }
                let passed = if answers { shared.spend(length) } else { length };
                if to.write_all(&buffer[..passed]).is_err() || passed < length {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    close(&from, shared);
    close(&to, shared);
}

fn close(stream: &TcpStream, shared: &Shared) {
    // The other side may have closed it already.
    if shared.is(Mode::Reset) {
        let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
    } else {
        let _ = stream.shutdown(Shutdown::Both);
    }
}
