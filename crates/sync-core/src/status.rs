//! What is going on, for whoever asks: [`Status`] is the whole picture, replaced as it changes.

use tokio::sync::watch;

use crate::TableId;

/// All tables of an engine, in the order of its plan.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// One entry a table.
    pub tables: Vec<TableStatus>,
}

/// Where one table stands.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableStatus {
    /// The table at the source.
    pub source: TableId,
    /// Its replica.
    pub replica: String,
    /// What is being done to it.
    pub phase: Phase,
    /// Rows that the source gave in this run.
    pub rows_read: u64,
    /// Rows stored for good in this run: inserted, changed or deleted.
    pub rows_changed: u64,
    /// About how many rows the table has at the source.
    pub estimated_rows: Option<u64>,
    /// Why the last run failed.
    pub error: Option<String>,
}

/// What is being done to a table.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing yet.
    Waiting,
    /// Its first rows, or all rows anew, are written to the build table.
    Copying,
    /// Changed rows are written to the published table.
    Following,
    /// The run ended well.
    Done,
    /// The run ended early.
    Failed,
}

/// The engine's side: one place that many table runs update.
#[derive(Debug, Default)]
pub(crate) struct StatusBoard(watch::Sender<Status>);

impl StatusBoard {
    pub(crate) fn subscribe(&self) -> watch::Receiver<Status> {
        self.0.subscribe()
    }

    pub(crate) fn replace(&self, tables: Vec<TableStatus>) {
        self.0.send_replace(Status { tables });
    }

    /// Tables are told apart by their replica, which is unique.
    pub(crate) fn update(&self, replica: &str, change: impl FnOnce(&mut TableStatus)) {
        self.0.send_modify(|status| {
            if let Some(table) = status.tables.iter_mut().find(|table| table.replica == replica) {
                change(table);
            }
        });
    }
}

impl TableStatus {
    pub(crate) fn waiting(source: TableId, replica: String, estimated_rows: Option<u64>) -> Self {
        Self { source, replica, phase: Phase::Waiting, rows_read: 0, rows_changed: 0, estimated_rows, error: None }
    }
}
