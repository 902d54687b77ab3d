//! The parts of a statement that find the rows behind a position. Values are bound, never written.

use sync_core::Result;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use crate::cursor::Point;
use crate::decode::Decoder;
use crate::error::within;
use crate::types::Comparison;

/// `ORDER BY` these, all in one direction.
pub(super) fn order_by(columns: &[Comparison], direction: &str) -> String {
    let parts: Vec<_> = columns.iter().map(|column| format!("{} {direction}", column.expression)).collect();
    format!("ORDER BY {}", parts.join(", "))
}

/// A comparison of the whole row value, which an index on these columns answers; `value` writes the n-th value, from 1 on.
pub(super) fn past(columns: &[Comparison], operator: &str, value: impl Fn(usize) -> String) -> String {
    let expressions: Vec<_> = columns.iter().map(|column| column.expression.as_str()).collect();
    let values: Vec<_> =
        columns.iter().enumerate().map(|(index, column)| format!("{}::{}", value(index + 1), column.cast)).collect();
    format!("({}) {operator} ({})", expressions.join(", "), values.join(", "))
}

/// A value that [`bind_settings`] bound.
pub(super) fn setting(number: usize) -> String {
    format!("pg_catalog.current_setting('data_sync.k{number}')")
}

/// COPY takes no parameters: the values stand in settings of the transaction.
pub(super) async fn bind_settings(client: &Client, point: &Point, limit: std::time::Duration) -> Result<()> {
    let calls: Vec<_> = (1..=point.values.len())
        .map(|number| format!("pg_catalog.set_config('data_sync.k{number}', ${number}, true)"))
        .collect();
    let values: Vec<(&(dyn ToSql + Sync), Type)> = point.values.iter().map(|value| (value as _, Type::TEXT)).collect();
    let query = format!("SELECT {}", calls.join(", "));
    within(limit, "bind a position", client.query_typed(&query, &values)).await.map(|_| ())
}

/// The greatest value that a position may take: the server's clock, in the column's own type. `None` for what is no time.
///
/// A column without a zone may hold UTC or the server's own time, so the later of both is taken.
pub(super) fn clock(decoder: Decoder) -> Option<String> {
    const NOW: &str = "pg_catalog.statement_timestamp()";
    const LOCAL: &str = "greatest(pg_catalog.timezone('UTC', pg_catalog.statement_timestamp()), \
        pg_catalog.timezone((SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone'), \
        pg_catalog.statement_timestamp()))";
    match decoder {
        Decoder::TimestampTz => Some(NOW.to_owned()),
        Decoder::Timestamp => Some(LOCAL.to_owned()),
        Decoder::Date => Some(format!("{LOCAL}::date")),
        _ => None,
    }
}
