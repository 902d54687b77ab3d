//! Which server and database this is.

use sync_core::{Error, Result, SourceIdentity};

use crate::error::within;
use crate::pool::Pool;

/// The first release with 64-bit snapshots in SQL.
const OLDEST: i32 = 130_000;

const QUERY: &str = "\
SELECT s.system_identifier, d.oid, d.datname::text, pg_catalog.current_setting('server_version'), \
pg_catalog.current_setting('server_version_num')::int4 \
FROM pg_catalog.pg_control_system() s, pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

/// Asks the server; any login may. The server's identifier is made when its data folder is, so copies of the folder share it.
pub(crate) async fn identity(pool: &Pool) -> Result<SourceIdentity> {
    let connection = pool.connection().await?;
    let asked = within(pool.timeouts().statement, "tell who it is", connection.query_typed_one(QUERY, &[])).await;
    let row = match asked {
        Ok(row) => row,
        Err(error) => {
            // Whatever state it is in, nobody else should get it.
            drop(deadpool_postgres::Object::take(connection));
            return Err(error.at(pool.place()));
        }
    };
    let read = || -> Result<_, tokio_postgres::Error> {
        Ok((row.try_get::<_, i64>(0)?, row.try_get::<_, u32>(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?))
    };
    let (server, oid, database, version, number): (i64, u32, String, String, i32) =
        read().map_err(crate::error::from_server)?;
    if number < OLDEST {
        return Err(Error::unsupported(format!("the server is PostgreSQL {version}"))
            .at(pool.place())
            .hint("13 is the oldest that is supported"));
    }
    // `15.18 (Debian 15.18-0+deb12u1)`
    let version = version.split(' ').next().unwrap_or_default();
    Ok(SourceIdentity::new(format!("{server}/{oid}"), format!("PostgreSQL {version}, database {database}")))
}
