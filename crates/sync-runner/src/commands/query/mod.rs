//! `data-sync query`: one statement that only reads, asked of the replica.

mod render;

use std::io;

use sink_sqlite::query::{Query, QueryLimits, QuerySession, Rows};
use sync_core::ErrorKind;

use crate::config::Config;
use crate::console::Console;
use crate::exit::Exit;
use render::{JsonLines, TextRows};

pub(super) fn run(config: &Config, console: &Console, sql: &str, json: bool) -> Exit {
    let mut session = match QuerySession::open(&config.sink.path) {
        Ok(session) => session,
        Err(error) => {
            console.error(&error);
            return Exit::Replica;
        }
    };
    // Each row is shown as it comes, so an answer of any length takes no memory, and whoever asks can end it.
    let query = Query::new(sql).limits(QueryLimits::none());
    if json {
        show(&mut session, &query, JsonLines::default(), console)
    } else {
        show(&mut session, &query, TextRows::default(), console)
    }
}

/// Rows that are written somewhere.
trait Shown: Rows {
    /// Writes what is left, or tells why nothing could be written.
    fn finish(self) -> io::Result<()>;
}

fn show(session: &mut QuerySession, query: &Query, mut rows: impl Shown, console: &Console) -> Exit {
    let answered = session.each(query, &mut rows);
    // An output that fails ends the query, with an error that says less.
    if let Err(error) = rows.finish() {
        return console.written(Err(error));
    }
    match answered {
        Ok(()) => Exit::Success,
        Err(error) => {
            console.error(&error);
            if error.kind() == ErrorKind::Unsupported { Exit::Failed } else { Exit::Replica }
        }
    }
}
