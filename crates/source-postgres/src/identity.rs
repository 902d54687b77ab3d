//! Which server and database this is.

use sync_core::{Error, ErrorKind, Result, SourceIdentity};
use tokio_postgres::Row;

use crate::error::{from_server, within};
use crate::pool::Pool;
use crate::session::Session;

/// The first release with 64-bit snapshots in SQL.
const OLDEST: i32 = 130_000;

const QUERY: &str = "\
SELECT d.oid, d.datname::text, pg_catalog.current_setting('server_version'), \
pg_catalog.current_setting('server_version_num')::int4 \
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

/// Made when the data folder is, so copies of the folder share it. Anybody may ask, unless a host took that right away.
const SERVER: &str = "SELECT system_identifier FROM pg_catalog.pg_control_system()";

/// Asks the server which one it is; where it does not tell, only the database is known.
pub(crate) async fn identity(pool: &Pool) -> Result<SourceIdentity> {
    ask(pool).await.map_err(|error| error.at(pool.place()))
}

async fn ask(pool: &Pool) -> Result<SourceIdentity> {
    let limit = pool.timeouts().statement;
    let session = Session::open(pool).await?;
    let client = session.client();
    within(limit, "begin", client.batch_execute(&session.begin("READ COMMITTED", limit))).await?;
    let row = within(limit, "tell its version", client.query_typed_one(QUERY, &[])).await?;
    let server = match within(limit, "tell who it is", client.query_typed_one(SERVER, &[])).await {
        Ok(row) => row.try_get::<_, i64>(0).map_err(from_server)?.to_string(),
        Err(error) if error.kind() == ErrorKind::Denied => "unknown".to_owned(),
        Err(error) => return Err(error),
    };
    session.finish().await;
    describe(&row, &server)
}

fn describe(row: &Row, server: &str) -> Result<SourceIdentity> {
    let oid: u32 = row.try_get(0).map_err(from_server)?;
    let (database, version): (&str, &str) = (column(row, 1)?, column(row, 2)?);
    if row.try_get::<_, i32>(3).map_err(from_server)? < OLDEST {
        let error = Error::unsupported(format!("the server is PostgreSQL {version}"));
        return Err(error.hint("13 is the oldest that is supported"));
    }
    // `15.18 (Debian 15.18-0+deb12u1)`
    let version = version.split(' ').next().unwrap_or_default();
    Ok(SourceIdentity::new(format!("{server}/{oid}"), format!("PostgreSQL {version}, database {database}")))
}

fn column(row: &Row, index: usize) -> Result<&str> {
    row.try_get(index).map_err(from_server)
}
