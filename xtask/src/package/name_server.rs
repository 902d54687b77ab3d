//! A name server that knows one answer: every name is at 127.0.0.1.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Answers until it is dropped.
pub(super) struct NameServer {
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

const HEAD: usize = 12;
const TYPE_A: [u8; 2] = [0, 1];
/// The name of the question again, an address of the internet, for one second, of four bytes.
const ANSWER: [u8; 16] = [0xc0, HEAD as u8, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1];

impl NameServer {
    pub(super) fn start(address: SocketAddr) -> std::io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let (stop, asked) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&asked));
        let thread = std::thread::spawn(move || {
            let mut question = [0; 512];
            while !stopped.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut question) else { continue };
                if let Some(reply) = reply(&question[..length]) {
                    counted.fetch_add(1, Ordering::Relaxed);
                    // Who does not hear it asks again.
                    let _ = socket.send_to(&reply, from);
                }
            }
        });
        Ok(Self { stop, asked, thread: Some(thread) })
    }

    /// How many questions came.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The address where one is asked for; that there is none of another kind.
fn reply(question: &[u8]) -> Option<Vec<u8>> {
    let name = question.get(HEAD..)?.iter().position(|byte| *byte == 0)?;
    let kind = HEAD + name + 1;
    let end = kind + 4;
    let answers = u8::from(question.get(kind..kind + 2)? == TYPE_A);
    let mut reply = question.get(..end)?.to_vec();
    // A response, recursion desired and available, no error; one question, and the answer alone behind it.
    reply[2..HEAD].copy_from_slice(&[0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0]);
    if answers == 1 {
        reply.extend_from_slice(&ANSWER);
    }
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_answered_and_nothing_else() {
        let question = |kind: u8| {
            let head = [7, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            [&head[..], b"\x02db\x04test\x00", &[0, kind, 0, 1]].concat()
        };
        let answer = reply(&question(1)).unwrap();
        assert!(answer.starts_with(&[7, 9, 0x81, 0x80]) && answer.ends_with(&[0, 4, 127, 0, 0, 1]));
        assert_eq!(reply(&question(28)).unwrap()[6..8], [0, 0]);
        assert_eq!(reply(b"short"), None);
    }
}
