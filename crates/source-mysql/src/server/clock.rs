//! The server's time of day.

use mysql_async::prelude::Queryable;
use sync_core::{Error, Result};

use crate::error::within;
use crate::pool::Pool;
use crate::session::Session;

/// Whatever the session's zone, which a moment since 1970 has none of.
const CLOCK: &str = "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";

/// In milliseconds since 1970.
pub(crate) async fn clock(pool: &Pool) -> Result<i64> {
    ask(pool).await.map_err(|error| error.at(pool.place()))
}

async fn ask(pool: &Pool) -> Result<i64> {
    let mut session = Session::open(pool).await?;
    let limit = session.timeouts().statement;
    let clock = within(limit, "tell the time", session.connection().query_first(CLOCK)).await?;
    session.finish().await;
    clock.ok_or_else(|| Error::internal("the server does not tell the time as a number"))
}
