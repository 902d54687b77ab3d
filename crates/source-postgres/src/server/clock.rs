//! The server's time of day.

use sync_core::Result;

use super::column;
use crate::error::within;
use crate::pool::Pool;
use crate::session::Session;

const CLOCK: &str = "SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::int8";

/// In milliseconds since 1970.
pub(crate) async fn clock(pool: &Pool) -> Result<i64> {
    ask(pool).await.map_err(|error| error.at(pool.place()))
}

async fn ask(pool: &Pool) -> Result<i64> {
    let mut session = Session::open(pool).await?;
    session.alone();
    let limit = session.timeouts().statement;
    let row = within(limit, "tell the time", session.client().query_typed_one(CLOCK, &[])).await?;
    let clock = column(&row, 0)?;
    session.finish().await;
    Ok(clock)
}
