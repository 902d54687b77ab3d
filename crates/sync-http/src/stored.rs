//! What the replica itself knows, beside what the engine tells.

use std::collections::HashMap;
use std::path::Path;

use sink_sqlite::file::FileFacts;
use sink_sqlite::{SqliteReplica, TableStatus};
use sync_core::Result;

use crate::endpoints::Shared;

/// A look at the replica. What can't be read is left out.
#[derive(Default)]
pub(crate) struct Stored {
    /// The file, as an absolute path.
    pub(crate) file: Option<String>,
    /// By their names in the replica.
    pub(crate) tables: HashMap<String, TableStatus>,
    pub(crate) facts: Option<FileFacts>,
}

impl Shared {
    /// Looks at the replica; what the engine does is told whether or not that can be done.
    pub(crate) async fn stored(&self) -> Stored {
        let path = self.endpoints.replica.clone();
        self.looks.run(move |_| look(&path).unwrap_or_default()).await.unwrap_or_default()
    }
}

fn look(path: &Path) -> Result<Stored> {
    let tables = SqliteReplica::open(path)?.tables()?;
    let file = path.canonicalize().ok().map(|path| path.display().to_string());
    let tables = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    Ok(Stored { file, tables, facts: FileFacts::of(path).ok() })
}
