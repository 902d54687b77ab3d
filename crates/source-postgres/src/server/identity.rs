//! Which server and database this is, for people and for comparing.

use std::time::Duration;

use sync_core::{Error, Result, SourceIdentity, TableId};
use tokio_postgres::Client;

use super::{Server, ask_table, column};
use crate::error::within;
use crate::known::Known;
use crate::pool::Pool;
use crate::session::Session;

/// The first release with 64-bit snapshots in SQL.
const OLDEST: i32 = 130_000;

const VERSION: &str = "SELECT pg_catalog.current_setting('server_version'), \
pg_catalog.current_setting('server_version_num')::int4";

/// Asks the server which one it is; where it does not tell, only the database is known.
pub(crate) async fn identity(pool: &Pool, known: &Known) -> Result<SourceIdentity> {
    ask(pool, known).await.map_err(|error| error.at(pool.place()))
}

async fn ask(pool: &Pool, known: &Known) -> Result<SourceIdentity> {
    let mut session = Session::open(pool).await?;
    session.alone();
    // No table has an empty name, so none is looked at.
    let answer = ask_table(&session, known, &TableId::new("", "")).await?;
    session.finish().await;
    Ok(answer.server.identity())
}

/// What a server that can't answer is to be told, if it is a matter of its release.
pub(super) async fn too_old(client: &Client, limit: Duration) -> Option<Error> {
    let row = within(limit, "tell its version", client.query_typed_one(VERSION, &[])).await.ok()?;
    let (version, number): (String, i32) = (column(&row, 0).ok()?, column(&row, 1).ok()?);
    let error = || Error::unsupported(format!("the server is PostgreSQL {version}"));
    (number < OLDEST).then(|| error().hint("13 is the oldest that is supported"))
}

impl Server {
    /// The data folder with the database, which stay the same over restarts and promotions.
    pub(crate) fn identity(&self) -> SourceIdentity {
        let system = self.system.map_or_else(|| "unknown".to_owned(), |system| system.to_string());
        // `15.18 (Debian 15.18-0+deb12u1)`
        let version = self.version.split(' ').next().unwrap_or_default();
        let description = format!("PostgreSQL {version}, database {}", self.database_name);
        SourceIdentity::new(format!("{system}/{}", self.database), description)
    }
}
