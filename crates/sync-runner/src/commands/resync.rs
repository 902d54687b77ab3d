//! `data-sync resync`: forgets how far a table is, so that the next sync copies it again. Readers keep the old rows until then.

use sink_sqlite::{SqliteConfig, SqliteReplica, SqliteSink, TableStatus};
use sync_core::{Checkpoint, CopyState, Error, Result, Sink as _, StreamId};

use crate::config::Config;
use crate::config::nearest;
use crate::console::Console;
use crate::exit::Exit;

pub(super) fn run(config: &Config, console: &Console, table: &str) -> Exit {
    let known = match SqliteReplica::open(&config.sink.path).and_then(|replica| replica.tables()) {
        Ok(known) => known,
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    };
    let replica = match find(config, &known, table) {
        Ok(replica) => replica,
        Err(error) => {
            console.error(&error);
            return Exit::Failed;
        }
    };
    match forget(config, replica) {
        Ok(true) => console.line(format_args!("{replica}: the next sync copies it again")),
        Ok(false) => console.line(format_args!("{replica}: it is not copied yet, and the next sync copies it anyway")),
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    }
    Exit::Success
}

/// The replica of this name, or of the table that has this name at its source.
fn find<'a>(config: &Config, known: &'a [TableStatus], table: &str) -> Result<&'a str> {
    let means = |status: &&TableStatus| {
        let source = status.source_table.as_deref();
        let in_default = |schema: &str| source == Some(format!("{schema}.{table}").as_str());
        status.name == table || source == Some(table) || config.sources.iter().any(|s| in_default(s.default_schema()))
    };
    let found: Vec<_> = known.iter().filter(means).map(|status| status.name.as_str()).collect();
    let place = format!("table {table}");
    match found.as_slice() {
        [replica] => Ok(replica),
        [] => {
            let error = Error::config("the replica has no such table").at(place);
            Err(match nearest(table, known.iter().map(|status| status.name.as_str())) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint("`data-sync status` lists what it has"),
            })
        }
        several => {
            let error = Error::config(format!("it could be {}", several.join(" or "))).at(place);
            Err(error.hint("name one of them"))
        }
    }
}

/// Whether there was anything to forget.
fn forget(config: &Config, replica: &str) -> Result<bool> {
    let mut sink = SqliteSink::open(SqliteConfig::new(config.sink.path.as_path()))?;
    let stream = StreamId::new(replica);
    let Some(Checkpoint { cursor, .. }) = sink.checkpoint(&stream)? else { return Ok(false) };
    // A copy that was made for other settings, and of which nothing is there: it can only be started anew.
    let copy = Checkpoint::new(stream, cursor, CopyState::Building, "resync");
    sink.begin()?.commit(&[copy])?;
    Ok(true)
}
