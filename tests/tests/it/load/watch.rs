//! A reader of the replica who never looks away.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// Between two looks, so that the reader leaves some of the machine to the others.
const PAUSE: Duration = Duration::from_millis(5);

/// A state in which a row was seen: its key and the number of its version.
pub(crate) type Seen = (i32, i64);

/// What a watcher saw.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    pub(crate) looks: u64,
    /// Each state when it was first seen after another, in order.
    pub(crate) states: Vec<Seen>,
    /// Rows whose parts do not belong together.
    pub(crate) torn: Vec<String>,
}

/// Reads `tmp_torture` again and again.
pub(crate) struct Watcher {
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<Sightings>>,
}

impl Watcher {
    pub(crate) fn start(replica: &Path) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let (path, shared) = (PathBuf::from(replica), Arc::clone(&stopped));
        Self { thread: Some(std::thread::spawn(move || watch(&path, &shared))), stopped }
    }

    pub(crate) fn stop(mut self) -> Sightings {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

fn watch(path: &Path, stopped: &AtomicBool) -> Sightings {
    let (mut sightings, mut last) = (Sightings::default(), HashMap::new());
    let mut replica = None;
    while !stopped.load(Ordering::Relaxed) {
        // Until the first copy is published, there is no file or no table.
        replica = replica.or_else(|| Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok());
        if let Some(replica) = &replica
            && look(replica, &mut last, &mut sightings).is_ok()
        {
            sightings.looks += 1;
        }
        std::thread::sleep(PAUSE);
    }
    sightings
}

fn look(replica: &Connection, last: &mut HashMap<i32, i64>, sightings: &mut Sightings) -> rusqlite::Result<()> {
    let mut select = replica.prepare_cached("SELECT id, version, body FROM tmp_torture")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (id, version): Seen = (row.get(0)?, row.get(1)?);
        if last.insert(id, version) != Some(version) {
            sightings.states.push((id, version));
            let body: String = row.get(2)?;
            if body.trim_end_matches('.') != format!("{id}/{version}") {
                sightings.torn.push(format!("{id}, {version}, {body}"));
            }
        }
    }
    Ok(())
}
