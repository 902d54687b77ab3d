//! What is told of all tables for the price of one statement.

use sync_core::{Pulse, Result};

use crate::known::Known;
use crate::pool::Pool;
use crate::server::{Answer, Still, ask_all};
use crate::session::Session;

/// Asks once, outside of a transaction, so that a pooler and a standby will do.
pub(crate) async fn pulse(pool: &Pool, known: &Known) -> Result<Pulse> {
    let answered = ask(pool, known).await.map_err(|error| error.at(pool.place()));
    if answered.is_err() {
        known.keep_server(None);
    }
    answered
}

async fn ask(pool: &Pool, known: &Known) -> Result<Pulse> {
    let mut session = Session::open(pool).await?;
    session.alone();
    let answer = look(&session, known).await?;
    session.finish().await;
    let mut pulse = Pulse::new(answer.server.identity());
    pulse.catalog = answer.catalog;
    pulse.quiet = answer.server.quiet();
    pulse.tables = answer.activities.into_iter().collect();
    known.keep_server(Some(answer.server.into()));
    Ok(pulse)
}

/// Where nothing happened since all was told, that is told again, for a tenth of the price.
async fn look(session: &Session, known: &Known) -> Result<Answer> {
    let before = known.take_still();
    if let Some(still) = before.clone().filter(Still::stands)
        && let Some(answer) = still.ask(session).await?
    {
        known.keep_still(before);
        return Ok(answer);
    }
    let answer = ask_all(session, known).await?;
    known.keep_still(Still::of(&answer, before.as_ref()));
    Ok(answer)
}
