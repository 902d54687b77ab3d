//! Before anything is read: which server is this, and does it go on from where the last rows came from?

use std::time::{Duration, Instant};

use sync_core::{Result, TableId};

use crate::cursor::Origin;
use crate::known::Known;
use crate::pool::Pool;
use crate::server::{Server, ask_table};
use crate::session::Session;

/// How long another server may take to come to know all that the former did.
const CATCH_UP: Duration = Duration::from_secs(10);
const BETWEEN: Duration = Duration::from_millis(100);

/// A session outside of a transaction, on a server that goes on from what was read before.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) session: Session,
    pub(super) server: Server,
    /// By what it can be seen whether the table was written to, as of before anything that is read now.
    pub(super) writes: Option<String>,
}

/// Takes a connection and makes sure that no row can go back by what is read over it.
///
/// # Errors
/// `Replaced` when it is another server or database than that of `before`, `Diverged` when it lost something of what was read.
pub(super) async fn arrive(pool: &Pool, known: &Known, id: &TableId, before: Option<&Origin>) -> Result<Arrival> {
    let session = Session::open(pool).await?;
    let deadline = Instant::now() + CATCH_UP;
    loop {
        let answer = ask_table(&session, known, id).await?;
        let server = answer.server;
        if let Some(before) = before {
            before.check(&server)?;
            if !before.is_reached(&server) {
                if Instant::now() >= deadline {
                    return Err(before.not_reached(&server, CATCH_UP));
                }
                tokio::time::sleep(BETWEEN).await;
                continue;
            }
        }
        known.keep_server(Some(server.clone().into()));
        let activity = answer.activities.into_iter().find(|(table, _)| table == id);
        return Ok(Arrival { session, server, writes: activity.map(|(_, activity)| activity.writes) });
    }
}
