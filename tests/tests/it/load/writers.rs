//! Several connections that change the table until they are stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::case::Case;

use super::random::Random;
use super::transaction::{Tally, Writer};

/// How hard the load is.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) writers: u64,
    /// How long a transaction stays open at most.
    pub(crate) longest: Duration,
}

/// Writers under way. Those that are forgotten are stopped.
pub(crate) struct Load {
    stopped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Tally>>,
}

impl Load {
    pub(crate) fn start(case: &Case, pace: Pace, random: &mut Random) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let threads = (0..pace.writers).map(|number| {
            let (mut writer, stopped) = (Writer::connect(case, number, pace, random.branch()), Arc::clone(&stopped));
            std::thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    writer.transact();
                }
                writer.end()
            })
        });
        Self { threads: threads.collect(), stopped }
    }

    /// Stops, and returns when every transaction has ended, prepared ones too.
    pub(crate) fn stop(mut self) -> Tally {
        self.stopped.store(true, Ordering::Relaxed);
        self.threads.drain(..).map(|thread| thread.join().unwrap()).sum()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
