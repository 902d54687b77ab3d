//! What others may ask of a running engine.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

/// Sends commands to [`Engine::run`](super::Engine::run). Clones reach the same engine; when the last one is dropped, it stops.
#[derive(Clone, Debug)]
pub struct Control(mpsc::UnboundedSender<Command>);

/// The engine's end of a [`Control`]. A clone lets a later run go on with the same control; two runs at a time would share out its
/// commands.
#[derive(Clone, Debug)]
pub struct Commands(Arc<Mutex<mpsc::UnboundedReceiver<Command>>>);

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) enum Command {
    SyncNow(Option<String>),
    Pause(Option<String>),
    Resume(Option<String>),
    AcceptDeletes(Option<String>),
    Resync(String, Noted),
    Stop,
}

/// Dropped by all who have it when a command was noted; nothing is ever sent.
pub(super) type Noted = mpsc::Sender<()>;

/// Makes a control and its other end.
#[must_use]
pub fn control() -> (Control, Commands) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Control(sender), Commands(Arc::new(Mutex::new(receiver))))
}

impl Control {
    /// Runs a table now, by its replica's name, or all of them. A run under way is followed by another.
    pub fn sync_now(&self, replica: Option<&str>) {
        self.send(Command::SyncNow(replica.map(str::to_owned)));
    }

    /// Starts no further run of a table, or of any; a run under way goes on. It lasts as long as the engine, with other sources too.
    pub fn pause(&self, replica: Option<&str>) {
        self.send(Command::Pause(replica.map(str::to_owned)));
    }

    /// Takes back [`Control::pause`].
    pub fn resume(&self, replica: Option<&str>) {
        self.send(Command::Resume(replica.map(str::to_owned)));
    }

    /// Believes the deletes that are held back for a table, by its replica's name, and looks for them at once.
    pub fn accept_deletes(&self, replica: &str) {
        self.send(Command::AcceptDeletes(Some(replica.to_owned())));
    }

    /// Copies a table anew, by its replica's name, beside the published one, which readers keep until the copy is complete. A run under
    /// way is given its end first.
    ///
    /// Returns as soon as that is stored in the replica, where a crash does not forget it. The command counts whether or not somebody
    /// waits for that.
    pub async fn resync(&self, replica: &str) {
        let (noted, mut last) = mpsc::channel(1);
        self.send(Command::Resync(replica.to_owned(), noted));
        let _ = last.recv().await;
    }

    /// Ends [`Engine::run`](super::Engine::run): runs under way are given up, what they stored stays.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }

    /// An engine that is gone needs no command.
    fn send(&self, command: Command) {
        let _ = self.0.send(command);
    }
}

impl Commands {
    /// The next command; nothing when the engine is to stop.
    pub(super) async fn next(&self) -> Option<Command> {
        match self.0.lock().await.recv().await {
            Some(Command::Stop) | None => None,
            command => command,
        }
    }
}

impl Command {
    /// Whether somebody expects what is at the source now.
    pub(super) fn is_for_now(&self) -> bool {
        matches!(self, Self::SyncNow(_) | Self::AcceptDeletes(_) | Self::Resync(..))
    }

    /// Whether this table is meant.
    pub(super) fn means(&self, replica: &str) -> bool {
        match self {
            Self::SyncNow(table) | Self::Pause(table) | Self::Resume(table) | Self::AcceptDeletes(table) => {
                table.as_ref().is_none_or(|table| table == replica)
            }
            Self::Resync(table, _) => table == replica,
            Self::Stop => false,
        }
    }
}
