//! What is said of tables that can't be swept, and of sweeps that come too late.

use sync_core::{Error, ErrorKind, Scope};

use crate::place::Place;

/// Parts by number, of which the first is an ordinary one.
const PARTS: &str = "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (1) TO (10); INSERT INTO t VALUES (1)";

/// What a sweep says of a table that was copied before `change`.
async fn refusal_after(place: &Place, name: &str, change: &str) -> Error {
    let table = place.table(name, None, Some("id")).await;
    let copied = place.read(&table, None, 10).await.watermark();
    place.database.execute(change).unwrap();
    place.give(Scope::Sweep(table), Some(&copied), 10).await.unwrap_err()
}

fn same(error: &Error, kind: ErrorKind, text: &str) {
    assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
}

#[tokio::test]
async fn a_view_does_not_tell_when_its_rows_changed() {
    let place = Place::with("CREATE VIEW v AS SELECT 1 AS id");
    let text = "table public.v: its rows do not tell when they changed, so it can't be swept";
    same(&refusal_after(&place, "v", "").await, ErrorKind::Unsupported, text);
}

#[tokio::test]
async fn a_foreign_part_can_not_be_swept() {
    // Without a key: a foreign table takes no part in a unique index.
    let place = Place::with(&PARTS.replace(" PRIMARY KEY", ""));
    let attach = "CREATE FOREIGN DATA WRAPPER none; CREATE SERVER elsewhere FOREIGN DATA WRAPPER none;
        CREATE FOREIGN TABLE far PARTITION OF t FOR VALUES FROM (10) TO (20) SERVER elsewhere";
    let text = "table public.t: a part of it is a foreign table, which can't be swept";
    same(&refusal_after(&place, "t", attach).await, ErrorKind::Unsupported, text);
}

#[tokio::test]
async fn a_storage_that_is_no_heap_is_named() {
    let place = Place::with(PARTS);
    let attach = "CREATE ACCESS METHOD columns TYPE TABLE HANDLER heap_tableam_handler;
        CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (10) TO (20) USING columns";
    let text = "table public.t: rows stored by \"columns\" do not tell when they changed";
    same(&refusal_after(&place, "t", attach).await, ErrorKind::Unsupported, text);
}

/// From now on this database says that four billion transactions went by.
#[tokio::test]
async fn a_sweep_that_comes_too_late_to_compare_ids_is_a_divergence() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)");
    let advance = "ALTER FUNCTION pg_catalog.pg_current_snapshot() RENAME TO snapshot_of_now;
        CREATE FUNCTION pg_catalog.pg_current_snapshot() RETURNS pg_snapshot LANGUAGE sql STABLE AS $$
            SELECT '4294968000:4294968000:'::pg_snapshot $$";
    let text = "table public.t: its last sweep was too many transactions ago to tell what is new";
    same(&refusal_after(&place, "t", advance).await, ErrorKind::Diverged, text);
}
