//! The table that a name on the command line means.

use sync_core::{Error, Result};

use crate::config::{Config, nearest};

/// What can be named: a replica, and the table that it is a replica of.
pub(crate) trait Named {
    /// The table's name in the replica.
    fn replica(&self) -> &str;
    /// The table's name at its source, with its schema.
    fn source_table(&self) -> Option<String>;
}

impl Named for sink_sqlite::TableStatus {
    fn replica(&self) -> &str {
        &self.name
    }

    fn source_table(&self) -> Option<String> {
        self.source_table.clone()
    }
}

impl Named for sync_core::TablePlan {
    fn replica(&self) -> &str {
        &self.replica.name
    }

    fn source_table(&self) -> Option<String> {
        Some(self.id().to_string())
    }
}

/// The one of these tables that has this name in the replica or at its source, where a default schema can be left out; else the one that
/// has it in whatever schema: which one a source leaves out may be known to it alone.
///
/// # Errors
/// When there is none, with the nearest name, or several.
pub(crate) fn named<'a, T: Named>(config: &Config, known: &'a [T], name: &str) -> Result<&'a T> {
    let means = |table: &&T| {
        let source = table.source_table();
        let in_default = |schema: &str| source.as_deref() == Some(format!("{schema}.{name}").as_str());
        table.replica() == name
            || source.as_deref() == Some(name)
            || config.sources.iter().any(|source| in_default(source.default_schema()))
    };
    let in_any = |table: &&T| {
        table.source_table().as_deref().and_then(|source| source.rsplit_once('.')).is_some_and(|(_, own)| own == name)
    };
    let place = format!("table {name}");
    let mut found: Vec<_> = known.iter().filter(means).collect();
    if found.is_empty() {
        found = known.iter().filter(in_any).collect();
    }
    match found.as_slice() {
        [table] => Ok(table),
        [] => {
            let error = Error::config("the replica has no such table").at(place);
            Err(match nearest(name, known.iter().map(T::replica)) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint("`data-sync status` lists what it has"),
            })
        }
        several => {
            let names: Vec<_> = several.iter().map(|table| table.replica()).collect();
            Err(Error::config(format!("it could be {}", names.join(" or "))).at(place).hint("name one of them"))
        }
    }
}
