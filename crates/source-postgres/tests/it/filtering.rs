//! Rows chosen by a condition.

use std::sync::Arc;

use sync_core::{ErrorKind, Op, RowBatch, Scope, Source, SourceTable, Value};

use crate::place::{Given, Place};

async fn filtered(place: &Place, name: &str, timestamp: Option<&str>, filter: &str) -> Arc<SourceTable> {
    let table = place.table(name, timestamp, None).await;
    Arc::new(SourceTable::clone(&table).filter(Some(filter.to_owned())))
}

/// For each row its first cell, with a minus where it is a delete.
fn changes(given: &Given) -> Vec<String> {
    let rows = given.batches.iter().flat_map(|batch| batch.rows.rows());
    let shown = rows.map(|row| match (row.op(), row.get(0)) {
        (Op::Upsert, Value::Integer(id)) => format!("+{id}"),
        (Op::Delete, Value::Integer(id)) => format!("-{id}"),
        other => panic!("{other:?}"),
    });
    shown.collect()
}

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, tenant int, at timestamptz, place text);
    INSERT INTO t VALUES (1, 7, '2024-01-01', 'a'), (2, 8, '2024-01-01', 'b'), (3, NULL, '2024-01-01', 'c'), (4, 7, '2024-01-02', 'd');";

#[tokio::test]
async fn a_copy_and_a_list_of_keys_hold_only_rows_that_meet_it() {
    let place = Place::with(TABLE);
    let table = filtered(&place, "t", Some("at"), "tenant = 7 -- ours").await;
    place.source.try_out(&table).await.unwrap();
    let copy = place.read(&table, None, 1).await;
    assert_eq!(changes(&copy), ["+1", "+4"]);
    let first = copy.batches.iter().find(|batch| !batch.rows.is_empty()).unwrap();
    assert_eq!(changes(&place.read(&table, first.watermark.as_ref(), 10).await), ["+4"], "a resumed copy too");
    let keys = place.give(Scope::Keys(Arc::clone(&table)), None, 10).await.unwrap();
    assert_eq!(changes(&keys), ["-1", "-4"]);
}

#[tokio::test]
async fn a_row_that_leaves_is_deleted_and_one_that_enters_comes() {
    let place = Place::alone(TABLE).await;
    let table = filtered(&place, "t", Some("at"), "tenant = 7 OR tenant = 9").await;
    let start = place.read(&table, None, 10).await.watermark();
    place
        .database
        .execute(
            "UPDATE t SET tenant = 8, at = '2024-02-01' WHERE id = 1; UPDATE t SET tenant = 9, at = '2024-02-02' WHERE id = 2;
             UPDATE t SET tenant = NULL, at = '2024-02-03' WHERE id = 4",
        )
        .unwrap();
    let poll = place.read(&table, Some(&start), 2).await;
    assert_eq!(changes(&poll), ["-1", "+2", "-4"]);
    assert!(place.read(&table, Some(&poll.watermark()), 10).await.batches.is_empty(), "it moved past all of them");
    let mut sweep = changes(&place.sweep(&table, &start).await);
    sweep.sort();
    assert_eq!(sweep, ["+2", "-1", "-4"]);

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
async fn a_condition_means_the_same_whatever_the_login_has_set() {
    let place = Place::with(TABLE);
    let name = place.database.name();
    place.database.execute(&format!("ALTER DATABASE {name} SET TimeZone = 'Asia/Kolkata'")).unwrap();
    place.database.execute("DELETE FROM t WHERE id > 1; UPDATE t SET at = '2024-01-01 20:00+00'").unwrap();
    let table = filtered(&place, "t", Some("at"), "at::date = '2024-01-01' AND tenant = 7").await;
    let copy = place.read(&table, None, 10).await;
    assert_eq!(changes(&copy), ["+1"]);
    place.database.execute("UPDATE t SET at = '2024-01-01 23:00+00', place = 'e' WHERE id = 1").unwrap();
    assert_eq!(changes(&place.read(&table, Some(&copy.watermark()), 10).await), ["+1"]);
}

#[tokio::test]
async fn a_view_and_a_table_without_a_key_are_filtered() {
    let place = Place::with(&format!(
        "{TABLE} CREATE VIEW v AS SELECT * FROM t; CREATE TABLE keyless AS SELECT * FROM t;
         CREATE FUNCTION is_seven(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 = 7';"
    ));
    for (name, filter) in [("v", "public.is_seven(tenant)"), ("keyless", "tenant = 7")] {
        let table = filtered(&place, name, Some("at"), filter).await;
        place.source.try_out(&table).await.unwrap();
        let copy = place.read(&table, None, 10).await;
        let mut found = changes(&copy);
        found.sort();
        assert_eq!(found, ["+1", "+4"], "{name}");
    }
    let table = filtered(&place, "keyless", Some("at"), "tenant = 7").await;
    let start = place.read(&table, None, 10).await.watermark();
    place.database.execute("INSERT INTO keyless VALUES (5, 8, '2024-03-01'), (6, 7, '2024-03-02')").unwrap();
    let poll = changes(&place.read(&table, Some(&start), 10).await);
    assert!(poll.contains(&"+6".to_owned()) && poll.iter().all(|change| change.starts_with('+')), "{poll:?}");
}

#[tokio::test]
async fn what_is_no_condition_is_refused_with_the_servers_words() {
    let place = Place::with(TABLE);
    place.database.execute("CREATE FUNCTION own() RETURNS boolean LANGUAGE sql AS 'SELECT true'").unwrap();
    for (filter, words) in [
        ("tenant = ", "syntax error at or near \")\""),
        ("tenat = 7", "column \"tenat\" does not exist"),
        ("tenant", "must be type boolean, not type integer"),
        ("1) OR (1", "argument of OR must be type boolean"),
        ("true) OR (true", "syntax error at or near \")\""),
        ("true] || ARRAY[true", "syntax error"),
        ("true) LIMIT 0; DROP TABLE t; SELECT (true", "cannot insert multiple commands"),
        ("true); DROP TABLE t; --", "syntax error at or near \")\""),
        ("true; DROP TABLE t", "syntax error at or near \";\""),
        ("true /* no end", "unterminated /* comment"),
        ("place = 'no end", "unterminated quoted string"),
        ("place = $$no end", "unterminated dollar-quoted string"),
        ("-- nothing", "syntax error at or near \")\""),
        ("", "syntax error at or near \")\""),
        ("true, false", "must be type boolean, not type record"),
        ("SELECT true", "syntax error at or near \"SELECT\""),
        ("VALUES (true)", "syntax error"),
        ("count(*) > 1", "aggregate functions are not allowed in WHERE"),
        ("tenant = $1", "there is no value for its parameter"),
        ("own()", "function own() does not exist"),
        ("t.tenant = 7", "missing FROM-clause entry for table \"t\""),
        ("1 / 0 = 1", "division by zero"),
        ("EXISTS (SELECT FROM nowhere)", "relation \"nowhere\" does not exist"),
        ("tenant = 7\0", "NUL"),
    ] {
        let table = filtered(&place, "t", None, filter).await;
        let error = place.source.try_out(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{filter}: {error}");
        assert!(error.message().starts_with("where "), "{filter}: {error}");
        assert!(error.message().contains(words), "{filter}: {error}");
        assert_eq!(error.place(), Some("table public.t"));
    }
    assert_eq!(place.database.query("SELECT count(*) FROM t").unwrap(), "4", "nothing was run");
}

#[tokio::test]
async fn a_condition_that_is_one_is_accepted_however_it_is_written() {
    let place = Place::with(TABLE);
    place.database.execute("CREATE FUNCTION own() RETURNS boolean LANGUAGE sql AS 'SELECT true'").unwrap();
    for filter in [
        "tenant = 7",
        "(tenant) IN (7, 8) /* ) */ -- ]",
        "place LIKE ')%' OR place = E'\\'' OR place = $x$]$x$",
        "tenant = ANY (ARRAY[7, 8])",
        "NULL",
        "public.own()",
        "tenant = (SELECT max(tenant) FROM public.t)",
        "at < '2030-01-01'",
    ] {
        let table = filtered(&place, "t", None, filter).await;
        place.source.try_out(&table).await.unwrap_or_else(|error| panic!("{filter}: {error}"));
        place.read(&table, None, 10).await;
    }
}

#[tokio::test]
async fn an_error_of_the_table_is_not_one_of_the_condition() {
    let place = Place::with(TABLE);
    let table = filtered(&place, "t", None, "tenant = 7").await;
    place.database.execute("DROP TABLE t").unwrap();
    assert_eq!(place.source.try_out(&table).await.unwrap_err().kind(), ErrorKind::Schema);
}

/// Operators of extensions are not looked for by themselves; the page of types says so.
#[tokio::test]
async fn an_operator_of_an_extension_is_named_with_its_schema() {
    let place = Place::with(
        "CREATE EXTENSION citext; CREATE TABLE t (id int PRIMARY KEY, c citext); INSERT INTO t VALUES (1, 'Abc'), (2, 'abc')",
    );
    for (filter, expected) in
        [("c = 'abc'", vec!["+2"]), ("c OPERATOR(public.=) 'abc'::public.citext", vec!["+1", "+2"])]
    {
        let table = filtered(&place, "t", None, filter).await;
        place.source.try_out(&table).await.unwrap();
        assert_eq!(changes(&place.read(&table, None, 10).await), expected, "{filter}");
    }
}
