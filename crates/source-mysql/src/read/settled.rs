//! Behind which rows a position may stand: nothing can come to lie before them any more.

use sync_core::Result;

use super::condition::Condition;
use super::projection::Target;
use super::stamp::Stamp;
use super::watermark::Watermark;
use crate::sql;
use crate::types::comparison;

/// What is true of rows that were stamped before `moment`, in microseconds since 1970.
///
/// Where rows arrive from another server, that is behind by nobody knows how much. But what they say of the time is known: rows of the
/// last while before the latest one that is here may still be on their way.
pub(super) fn settled(target: &Target, column: usize, moment: i64, low: &Watermark) -> Result<Condition> {
    let column = target.column(column)?;
    let (compared, stamp) = (comparison(&column.base, &column.name), Stamp::of(column));
    let mut condition = Condition::default();
    condition.compare(&compared, "<", stamp.value(&compared, moment, low.clock())?);
    if low.is_from_elsewhere() {
        let (newest, late) = (format!("data_sync_newest.{}", sql::quoted(&column.name)), low.overlap());
        condition.text.push_str(&format!(
            " AND {} < (SELECT MAX({newest}) FROM {} AS data_sync_newest WHERE {newest} <= {}) - INTERVAL {late} MICROSECOND",
            compared.expression,
            sql::table(target.schema().id()),
            compared.parameter
        ));
        condition.values.push(stamp.value(&compared, low.clock().now, low.clock())?);
    }
    Ok(condition)
}
