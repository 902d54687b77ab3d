//! A statement's rows as MySQL's driver gives them, and nothing done with them.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Row};
use serde_json::{Value as Json, json};
use sync_core::{Error, Result};

/// Reads all rows over the binary protocol, encrypted where the address says so.
pub(crate) async fn drain(url: &str, statement: &str) -> Result<Json> {
    let options = Opts::from_url(url).map_err(|error| Error::config(error.to_string()))?;
    let rows = rows_of(OptsBuilder::from_opts(options).prefer_socket(false), statement).await;
    Ok(json!({ "rows": rows.map_err(|error| Error::unavailable(error.to_string()))? }))
}

async fn rows_of(options: OptsBuilder, statement: &str) -> mysql_async::Result<u64> {
    let mut connection = Conn::new(options).await?;
    let mut result = connection.exec_iter(statement, ()).await?;
    let mut rows = 0;
    result.for_each(|_: Row| rows += 1).await?;
    Ok(rows)
}
