//! What is told of all tables for the price of one statement.

use sync_core::{Pulse, Result};

use crate::pool::Pool;
use crate::session::Session;

/// Asks who the server is.
pub(crate) async fn pulse(pool: &Pool) -> Result<Pulse> {
    let session = Session::open(pool).await?;
    let identity = session.server().identity(pool.database());
    session.finish().await;
    Ok(Pulse::new(identity))
}
