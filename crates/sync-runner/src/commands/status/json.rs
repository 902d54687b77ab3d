//! The status as JSON.

use serde_json::{Value as Json, json};

use super::{Table, state};
use crate::time::moment;

/// All that is known of a table.
pub(super) fn of(table: &Table, now_ms: i64) -> Json {
    let status = &table.status;
    let last_run = status.last_run.map(|run| {
        json!({
            "started": moment(run.started_ms),
            "finished": moment(run.finished_ms),
            "rows_read": run.rows_read,
            "changed": run.written.changed,
            "deleted": run.written.deleted,
            "unchanged": run.written.unchanged,
        })
    });
    let held = status
        .upkeep
        .held
        .as_ref()
        .map(|held| json!({ "deletes": held.deletes, "rows": held.rows, "since": moment(held.since_ms) }));
    let mut shown = json!({
        "table": status.source_table,
        "replica": status.name,
        "state": state(status),
        "last_sync_timestamp": status.last_sync_timestamp_ms,
        "last_sync_id": status.last_sync_id,
        "last_success": status.last_success_ms.map(moment),
        "lag_seconds": table.lag(now_ms).map(|lag| lag.as_secs_f64()),
        "interval_seconds": table.interval.map(|interval| interval.as_secs_f64()),
        "next_run": table.next_run(),
        "paused": table.running.as_ref().map(|running| running.paused),
        "last_error": status.last_error,
        "failed_rows": status.failed_rows,
        "last_run": last_run,
        "guarantee": table.running.as_ref().map(|running| &running.guarantee),
        "last_sweep": status.upkeep.swept_ms.map(moment),
        "last_reconcile": status.upkeep.reconciled_ms.map(moment),
        "held_deletes": held,
    });
    if let Some(rows) = table.rows {
        shown["rows"] = Json::from(rows);
    }
    shown
}
