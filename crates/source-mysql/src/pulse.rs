//! What is told of all tables for the price of one round trip.

use std::time::Duration;

use sync_core::{Pulse, Result, SourceIdentity};

use crate::catalog::digest;
use crate::error::timed_out;
use crate::known::Known;
use crate::pool::Pool;
use crate::read::covered;
use crate::server::{Counters, Stillness, counters};
use crate::session::Session;

/// How long a token that may move a moment too early must have stood still.
const SETTLED: Duration = Duration::from_secs(1);

/// For how long the digest of the catalog is believed while the server counts no statement that changes it.
const TRUSTED: Duration = Duration::from_secs(60);

/// Asks which server it is, whether anybody wrote, and whether a definition changed.
pub(crate) async fn pulse(pool: &Pool, known: &Known) -> Result<Pulse> {
    let answered = ask(pool, known).await.map_err(|error| error.at(pool.place()));
    if answered.is_err() {
        known.forget_counters();
    }
    answered
}

/// Which server and database this is. Each new connection asks.
pub(crate) async fn identity(pool: &Pool) -> Result<SourceIdentity> {
    let session = Session::open(pool).await?;
    let identity = session.server().identity(pool.database());
    session.finish().await;
    Ok(identity)
}

async fn ask(pool: &Pool, known: &Known) -> Result<Pulse> {
    let mut session = Session::open(pool).await?;
    let (limit, server) = (session.timeouts().statement, session.server());
    let counters = counters(session.connection(), server.flavor, limit).await?;
    let catalog = catalog(&mut session, known, &counters).await?;
    session.finish().await;
    Ok(Pulse::new(server.identity(pool.database())).catalog(catalog).quiet(quiet(known, counters.stillness())))
}

/// The digest costs more than all the rest, so it is made anew only when something may have changed.
async fn catalog(session: &mut Session, known: &Known, counters: &Counters) -> Result<String> {
    let definitions = counters.definitions();
    if let Some(catalog) = known.catalog(&definitions, TRUSTED) {
        return Ok(catalog);
    }
    let limit = session.timeouts().statement;
    let asked = tokio::time::timeout(limit, digest(session.connection())).await;
    let digest = asked.map_err(|_| timed_out(limit, "tell what tables there are"))??;
    // What is said of late commits is part of each table.
    let catalog = format!("{digest} {:?}", covered(session).await?);
    known.keep_catalog(definitions, catalog.clone());
    Ok(catalog)
}

fn quiet(known: &Known, stillness: Stillness) -> Option<String> {
    match stillness {
        Stillness::Exact(token) => Some(token),
        Stillness::Early(token) => (known.still_for(&token) >= SETTLED).then_some(token),
        Stillness::Unknown => None,
    }
}
