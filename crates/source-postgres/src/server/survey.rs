//! What an operator wants to know before tables are synced.

use sync_core::{Renewal, Result, Survey, TableId};
use tokio_postgres::types::{ToSql, Type};

use super::column;
use crate::error::within;
use crate::pool::Pool;
use crate::session::Session;

/// Row-level triggers before UPDATE whose function, or arguments, speak of the column. `session_replication_role` aside, those that are
/// disabled do nothing.
const SURVEY: &str = r"
SELECT (SELECT s.ssl FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_catalog.pg_backend_pid()),
       (SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'TimeZone'),
       ARRAY(
         SELECT (SELECT min(t.tgname::text)
                 FROM pg_catalog.pg_trigger t
                 JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
                 WHERE n.nspname = w.in_schema AND c.relname = w.named
                   AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype::int4 & 19 = 19
                   AND p.prosrc || ' ' || pg_catalog.encode(t.tgargs, 'escape')
                       ~* ('\m' || pg_catalog.regexp_replace(w.of_column, '(\W)', '\\\1', 'g') || '\M'))
         FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
           WITH ORDINALITY w(in_schema, named, of_column, place)
         ORDER BY w.place)";

/// Whether the server sees the connection encrypted, its time zone, and what renews these columns.
pub(crate) async fn survey(pool: &Pool, columns: &[(TableId, String)]) -> Result<Survey> {
    ask(pool, columns).await.map_err(|error| error.at(pool.place()))
}

async fn ask(pool: &Pool, columns: &[(TableId, String)]) -> Result<Survey> {
    let schemas: Vec<_> = columns.iter().map(|(table, _)| table.schema().unwrap_or_default()).collect();
    let tables: Vec<_> = columns.iter().map(|(table, _)| table.name()).collect();
    let names: Vec<_> = columns.iter().map(|(_, column)| column.as_str()).collect();
    let mut session = Session::open(pool).await?;
    session.alone();
    let limit = session.timeouts().statement;
    let parameters: [(&(dyn ToSql + Sync), Type); 3] =
        [(&schemas, Type::TEXT_ARRAY), (&tables, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY)];
    let asked = session.client().query_typed_one(SURVEY, &parameters);
    let row = within(limit, "tell of its settings", asked).await?;
    let (encrypted, time_zone) = (column(&row, 0)?, column(&row, 1)?);
    let triggers: Vec<Option<String>> = column(&row, 2)?;
    session.finish().await;
    let renewals = triggers.into_iter().map(|trigger| trigger.map_or(Renewal::Unknown, Renewal::Trigger));
    Ok(Survey::new().encrypted(encrypted).time_zone(time_zone).renewals(renewals.collect()))
}
