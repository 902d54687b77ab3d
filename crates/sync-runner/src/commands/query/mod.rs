//! `data-sync query`: one statement that only reads, asked of the replica.

mod permission;
mod render;

use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sink_sqlite::SqliteReplica;
use sync_core::Error;

use crate::config::Config;
use crate::console::Console;
use crate::exit::Exit;
use render::Failure;

/// How long a query waits for a file that is just being opened or closed.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn run(config: &Config, console: &Console, sql: &str, json: bool) -> Exit {
    let replica = match SqliteReplica::open(&config.sink.path) {
        Ok(replica) => replica,
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    };
    let answered = answer(config, sql, json);
    // Only now, because the last to close takes away the side files that reading needs.
    drop(replica);
    match answered {
        Ok(()) => Exit::Success,
        Err(Failure::Output(error)) => console.written(Err(error)),
        Err(Failure::Query(error)) => {
            console.error(&error.at("query"));
            Exit::Failed
        }
    }
}

fn answer(config: &Config, sql: &str, json: bool) -> Result<(), Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(&config.sink.path, flags)?;
    conn.busy_timeout(PATIENCE)?;
    permission::restrict(&mut conn)?;
    let mut statement = conn.prepare(sql)?;
    if statement.column_count() == 0 {
        return Err(Error::config("it asks for no rows").hint("write a SELECT").into());
    }
    if statement.parameter_count() > 0 {
        return Err(Error::config("it has parameters").hint("write their values into the statement").into());
    }
    if json { render::json(&mut statement) } else { render::text(&mut statement) }
}
