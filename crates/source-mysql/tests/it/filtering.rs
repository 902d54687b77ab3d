//! Rows chosen by a condition that somebody configured.

use std::sync::Arc;

use sync_core::{ErrorKind, Op, RowBatch, Scope, Source, SourceTable, Value};

use crate::place::{Given, Place};

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, tenant int, at timestamp NOT NULL, place varchar(20));
    INSERT INTO t VALUES (1, 7, '2024-01-01', 'a'), (2, 8, '2024-01-02', 'b'), (3, NULL, '2024-01-03', 'c'), (4, 7, '2024-01-04', 'd');";

async fn filtered(place: &Place, name: &str, timestamp: Option<&str>, filter: &str) -> Arc<SourceTable> {
    let table = place.table(name, timestamp, Some("id")).await;
    Arc::new((*table).clone().filter(Some(filter.to_owned())))
}

/// `+1` for an upsert, `-1` for a delete.
fn changes(given: &Given) -> Vec<String> {
    let one = |row: sync_core::Row<'_>| {
        let Value::Integer(id) = row.get(0) else { panic!("{row:?}") };
        format!("{}{id}", if row.op() == Op::Delete { '-' } else { '+' })
    };
    given.batches.iter().flat_map(|batch| batch.rows.rows().map(one).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn rows_that_leave_the_condition_leave_the_replica() {
    let place = Place::with(TABLE).await;
    let table = filtered(&place, "t", Some("at"), "tenant in (7, 9)").await;
    let copy = place.read(&table, None, 10).await;
    assert_eq!(changes(&copy), ["+1", "+4"]);
    let keys = place.give(Scope::Keys(Arc::clone(&table)), None, 10).await.unwrap();
    assert_eq!(changes(&keys), ["-1", "-4"]);

    place
        .run(
            "UPDATE t SET tenant = 8, at = '2024-02-01' WHERE id = 1; UPDATE t SET tenant = 9, at = '2024-02-02' WHERE id = 2;
             UPDATE t SET tenant = NULL, at = '2024-02-03' WHERE id = 4",
        )
        .await;
    let poll = place.read(&table, Some(&copy.watermark()), 2).await;
    assert_eq!(changes(&poll), ["-1", "+2", "-4"]);
    assert!(place.read(&table, Some(&poll.watermark()), 10).await.batches.is_empty(), "it moved past all of them");

    let mut keys = RowBatch::new(Arc::clone(&table.schema));
    for id in [1, 2, 3, 5] {
        keys.push_integer(id);
        (1..4).for_each(|_| keys.push_null());
        keys.end_row(Op::Delete).unwrap();
    }
    let mut rows = changes(&place.give(Scope::Rows(Arc::clone(&table), keys), None, 10).await.unwrap());
    rows.sort();
    assert_eq!(rows, ["+2", "-1", "-3", "-5"]);
}

#[tokio::test]
async fn what_is_no_condition_is_refused_with_the_servers_words() {
    let place = Place::with(TABLE).await;
    for (filter, words) in [
        ("tenant = ", "error in your SQL syntax"),
        ("tenat = 7", "Unknown column 'tenat'"),
        ("1) OR (1", "error in your SQL syntax"),
        ("1 THEN 2 WHEN 3", "error in your SQL syntax"),
        ("1) LIMIT 0; DROP TABLE t; SELECT (1", "error in your SQL syntax"),
        ("1); DROP TABLE t; -- ", "error in your SQL syntax"),
        ("1; DROP TABLE t", "error in your SQL syntax"),
        ("1 /* no end", "error in your SQL syntax"),
        ("place = 'no end", "error in your SQL syntax"),
        ("place = `no end", "error"),
        ("-- nothing", "error in your SQL syntax"),
        ("", "error in your SQL syntax"),
        ("1, 0", "1 column"),
        ("SELECT 1", "error in your SQL syntax"),
        ("count(*) > 1", "Invalid use of group function"),
        ("tenant = ?", "parameter"),
        ("no_such_function()", "no_such_function"),
        ("t.tenant = 7", "Unknown column 't.tenant'"),
        ("EXISTS (SELECT 1 FROM nowhere)", "nowhere"),
        ("tenant = 7\0", "NUL"),
    ] {
        let table = filtered(&place, "t", None, filter).await;
        let error = place.source.try_out(&table).await.expect_err(filter);
        assert_eq!(error.kind(), ErrorKind::Config, "{filter}: {error}");
        assert!(error.message().starts_with("where "), "{filter}: {error}");
        assert!(error.message().contains(words), "{filter}: {error}");
        assert_eq!(error.place(), Some(format!("table {}.t", place.database.name()).as_str()));
    }
    assert_eq!(place.ask("SELECT count(*) FROM t").await, "4", "nothing was run");
    let table = filtered(&place, "t", None, "tenant = ").await;
    let error = place.source.try_out(&table).await.unwrap_err().to_string();
    assert!(error.contains("where = \"tenant = \" is no condition on this table: "), "{error}");
    assert!(error.ends_with("write it as it would stand behind WHERE, with the table's own columns"), "{error}");
    let table = filtered(&place, "t", None, "1\0").await;
    let error = place.source.try_out(&table).await.unwrap_err().to_string();
    assert!(error.ends_with("where holds a NUL, which no statement can; take it out"), "{error}");
}

#[tokio::test]
async fn a_condition_that_is_one_is_accepted_however_it_is_written() {
    let place = Place::with(TABLE).await;
    for filter in [
        "tenant = 7",
        "(tenant) IN (7, 8) /* ) */ -- ]",
        "place LIKE ')%' OR place = '\\'' OR place = ':x' # end",
        "NULL",
        "tenant",
        "tenant = (SELECT max(o.tenant) FROM t AS o)",
        "at < '2030-01-01 12:00:00'",
    ] {
        let table = filtered(&place, "t", None, filter).await;
        place.source.try_out(&table).await.unwrap_or_else(|error| panic!("{filter}: {error}"));
        place.read(&table, None, 10).await;
    }
}

#[tokio::test]
async fn an_error_of_the_table_is_not_one_of_the_condition() {
    let place = Place::with(TABLE).await;
    let table = filtered(&place, "t", None, "tenant = 7").await;
    place.run("DROP TABLE t").await;
    assert_eq!(place.source.try_out(&table).await.unwrap_err().kind(), ErrorKind::Schema);
}

/// What fits the table may still fail on a row of it.
#[tokio::test]
async fn a_condition_that_fails_on_a_row_is_named() {
    let place = Place::with(TABLE).await;
    let table = filtered(&place, "t", None, "tenant = (SELECT o.tenant FROM t AS o WHERE o.id > 2)").await;
    place.source.try_out(&table).await.unwrap();
    let error = place.give(Scope::Table(table), None, 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().ends_with("may fail on some of its rows; write it so that it fits all"), "{error}");
}
