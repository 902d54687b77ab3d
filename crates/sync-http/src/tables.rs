//! Tables by the names that clients give them.

use axum::http::StatusCode;
use sync_core::status::{Status, TableStatus};

use crate::reply::Refusal;

/// Tables that a name means: a replica's name, `schema.table`, or a table's name alone. More than one is too many.
pub(crate) fn meant<'a>(status: &'a Status, name: &str) -> Vec<&'a TableStatus> {
    let by = |matches: &dyn Fn(&TableStatus) -> bool| -> Vec<&'a TableStatus> {
        status.tables.iter().filter(|table| matches(table)).collect()
    };
    let replica = by(&|table| table.replica.eq_ignore_ascii_case(name));
    if !replica.is_empty() {
        return replica;
    }
    let full = by(&|table| table.table.to_string() == name);
    if full.is_empty() { by(&|table| table.table.name() == name) } else { full }
}

/// The one table of this name.
pub(crate) fn one<'a>(status: &'a Status, name: &str) -> Result<&'a TableStatus, Refusal> {
    match meant(status, name).as_slice() {
        [table] => Ok(table),
        [] => Err(Refusal::new(StatusCode::NOT_FOUND, format!("table: no table {name:?} is synced"))),
        several => {
            let replicas: Vec<_> = several.iter().map(|table| table.replica.as_str()).collect();
            let message = format!("table: {name:?} could be {}; name one of them", replicas.join(" or "));
            Err(Refusal::bad_request(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::status;

    #[test]
    fn the_more_exact_name_wins() {
        let status = status(&["users", "audit.logs", "audit.users"]);
        let replicas = |name| meant(&status, name).iter().map(|table| table.replica.as_str()).collect::<Vec<_>>();
        assert_eq!(replicas("TMP_users"), ["tmp_users"]);
        assert_eq!(replicas("public.users"), ["tmp_users"]);
        assert_eq!(replicas("logs"), ["tmp_audit_logs"]);
        assert_eq!(replicas("users"), ["tmp_users", "tmp_audit_users"]);
        assert_eq!(replicas("absent"), [""; 0]);
    }
}
