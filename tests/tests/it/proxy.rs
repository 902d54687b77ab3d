//! A connection between program and server that misbehaves on command.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

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
}

/// Listens on 127.0.0.1 until dropped.
pub(crate) struct Proxy {
    port: u16,
    mode: Arc<AtomicU8>,
}

/// How often a connection looks whether the mode changed.
const TICK: Duration = Duration::from_millis(20);
const ENDED: u8 = u8::MAX;

impl Proxy {
    pub(crate) fn to(server: (String, u16)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mode = Arc::new(AtomicU8::new(Mode::Pass as u8));
        let shared = Arc::clone(&mode);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.load(Ordering::Relaxed) == ENDED {
                    return;
                }
                if shared.load(Ordering::Relaxed) == Mode::Cut as u8 {
                    continue;
                }
                let Ok(server) = TcpStream::connect((server.0.as_str(), server.1)) else { continue };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let mode = Arc::clone(&shared);
                    thread::spawn(move || pass(from, to, &mode));
                }
            }
        });
        Self { port, mode }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.mode.store(ENDED, Ordering::Relaxed);
        // Wakes the listener, which then ends.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, mode: &AtomicU8) {
    from.set_read_timeout(Some(TICK)).unwrap();
    let mut buffer = [0; 16 << 10];
    loop {
        let swallow = match mode.load(Ordering::Relaxed) {
            mode if mode == Mode::Pass as u8 => false,
            mode if mode == Mode::Swallow as u8 => true,
            _ => break,
        };
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) if !swallow && to.write_all(&buffer[..length]).is_err() => break,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    // The other side may have closed it already.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
