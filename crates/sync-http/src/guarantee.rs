//! What is promised of a table, and what is held back, as JSON.

use serde_json::{Value as Json, json};
use sync_core::{Guarantee, HeldDeletes};

use crate::clock::iso;

pub(crate) fn guarantee(guarantee: &Guarantee) -> Json {
    match guarantee {
        Guarantee::Bounded { within, reason, remedy } => json!({
            "kind": guarantee.as_str(),
            "within_seconds": within.map(|within| within.as_secs_f64()),
            "reason": reason,
            "remedy": remedy,
        }),
        _ => json!({ "kind": guarantee.as_str() }),
    }
}

pub(crate) fn held_deletes(held: &HeldDeletes) -> Json {
    json!({
        "deletes": held.deletes,
        "rows": held.rows,
        "since": iso(held.since_ms),
        "remedy": "they are carried out when the next comparison of keys finds them again, or with POST /accept-deletes",
    })
}
