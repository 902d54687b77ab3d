//! Queries over a real replica, made by the sink.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::json;
use sync_core::{
    Checkpoint, Column, CopyState, Cursor, DataType, Error, ErrorKind, OwnedValue, ReplicaTable, Result, RowBatch,
    SchemaChange, Sink, TableId, TableSchema, Value,
};
use tempfile::TempDir;

use super::rewrite::rewrite;
use super::statement::one_statement;
use super::token::tokens;
use super::{Answer, Parameters, Query, QueryLimits, QuerySession, Rows, StopFlag};
use crate::{SqliteConfig, SqliteSink};

struct Replica {
    _folder: TempDir,
    path: PathBuf,
    sink: SqliteSink,
}

impl Replica {
    /// `public.users`, `audit.logs` and `audit.users`, each with two rows of id, text and bytes.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("replica.db");
        let sink = SqliteSink::open(SqliteConfig::new(&path)).unwrap();
        let mut replica = Self { _folder: folder, path, sink };
        replica.publish("tmp_users", TableId::new("public", "users"), "user");
        replica.publish("tmp_audit_logs", TableId::new("audit", "logs"), "log");
        replica.publish("tmp_audit_users", TableId::new("audit", "users"), "audited");
        replica
    }

    fn publish(&mut self, name: &str, id: TableId, text: &str) {
        let schema = TableSchema::builder(id)
            .column(Column::new("id", DataType::Integer).not_null())
            .column(Column::new("text", DataType::Text))
            .column(Column::new("bytes", DataType::Bytes));
        let table = ReplicaTable::new(name, Arc::new(schema.key(["id"]).build().unwrap()));
        let mut rows = RowBatch::new(Arc::clone(&table.schema));
        for (id, text) in [(1, text), (i64::MAX, "users FROM audit.logs")] {
            for value in [Value::Integer(id), Value::Text(text), Value::Bytes(&[0, 255])] {
                rows.push(value);
            }
            rows.end_row(sync_core::Op::Upsert).unwrap();
        }
        let mut transaction = self.sink.begin().unwrap();
        transaction.apply_schema(&table, &SchemaChange::StartBuild).unwrap();
        transaction.write(&table, CopyState::Building, &rows).unwrap();
        transaction.publish(&table).unwrap();
        transaction.commit(&[Checkpoint::new(table.stream(), Cursor::new("1"), CopyState::Live, "")]).unwrap();
    }

    fn ask(&self, query: &Query) -> Result<Answer> {
        QuerySession::open(&self.path)?.ask(query)
    }

    fn json(&self, sql: &str) -> String {
        let answer = self.ask(&Query::new(sql)).unwrap_or_else(|error| panic!("{sql}: {error}"));
        serde_json::to_string(&answer.objects()).unwrap()
    }

    fn refusal(&self, query: &Query) -> String {
        let error = self.ask(query).expect_err(&query.sql);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        error.to_string()
    }
}

#[test]
fn names_of_the_source_are_answered_from_the_replica() {
    let replica = Replica::new();
    for (sql, expected) in [
        ("SELECT text FROM users LIMIT 1", r#"[{"text":"user"}]"#),
        ("SELECT text FROM Public.Users LIMIT 1", r#"[{"text":"user"}]"#),
        ("SELECT text FROM tmp_users LIMIT 1", r#"[{"text":"user"}]"#),
        ("SELECT logs.text FROM audit.logs LIMIT 1", r#"[{"text":"log"}]"#),
        ("SELECT audit.logs.text FROM \"audit\".\"logs\" LIMIT 1", r#"[{"text":"log"}]"#),
        (
            "SELECT u.text, public.users.text FROM audit.users AS u JOIN public.users ON u.id = public.users.id LIMIT 1",
            r#"[{"text":"audited","text:2":"user"}]"#,
        ),
        (
            "SELECT audit.users.text, users.text FROM users JOIN audit.users ON audit.users.id = users.id LIMIT 1",
            r#"[{"text":"audited","text:2":"user"}]"#,
        ),
        ("SELECT count(*) AS n FROM users WHERE id IN (SELECT id FROM audit.logs)", r#"[{"n":2}]"#),
        ("WITH users(x) AS (VALUES (7)) SELECT x FROM users", r#"[{"x":7}]"#),
        ("SELECT name FROM pragma_table_info('users') LIMIT 1", r#"[{"name":"id"}]"#),
    ] {
        assert_eq!(replica.json(sql), expected, "{sql}");
    }
}

#[test]
fn strings_comments_and_columns_are_left_alone() {
    let replica = Replica::new();
    for (sql, expected) in [
        (
            "SELECT text FROM users WHERE text = 'users FROM audit.logs' -- FROM audit.logs",
            r#"[{"text":"users FROM audit.logs"}]"#,
        ),
        ("SELECT 'audit.logs' AS a /* audit.logs; */", r#"[{"a":"audit.logs"}]"#),
        ("SELECT 1 AS \"audit.logs\"", r#"[{"audit.logs":1}]"#),
        ("SELECT audit.text AS logs FROM users AS audit LIMIT 1", r#"[{"logs":"user"}]"#),
        ("SELECT audit.logs FROM (SELECT 5 AS logs) AS audit", r#"[{"logs":5}]"#),
        ("SELECT users.users FROM (SELECT 6 AS users) AS users", r#"[{"users":6}]"#),
    ] {
        assert_eq!(replica.json(sql), expected, "{sql}");
    }
}

#[test]
fn what_the_user_made_wins_over_a_name_of_the_source() {
    let replica = Replica::new();
    let user = Connection::open(&replica.path).unwrap();
    user.execute_batch("CREATE TABLE Users (own); INSERT INTO Users VALUES ('mine')").unwrap();
    assert_eq!(replica.json("SELECT own FROM users"), r#"[{"own":"mine"}]"#);
    assert_eq!(replica.json("SELECT text FROM public.users LIMIT 1"), r#"[{"text":"user"}]"#);
    let session = QuerySession::open(&replica.path).unwrap();
    let names: Vec<_> = session.tables().iter().map(|table| table.query_name.as_str()).collect();
    assert_eq!(names, ["audit.logs", "audit.users", "public.users"]);
}

#[test]
fn a_missing_table_is_named_with_those_that_are_there() {
    let replica = Replica::new();
    for (sql, missing) in [("SELECT * FROM logs", "logs"), ("SELECT * FROM audit.absent", "audit.absent")] {
        assert_eq!(
            replica.refusal(&Query::new(sql)),
            format!("query: no such table: {missing}; there are audit.logs, audit.users, users")
        );
    }
    assert_eq!(
        replica.refusal(&Query::new("SELECT \"absent\" FROM users")),
        "query: no such column: \"absent\" - should this be a string literal in single-quotes?"
    );
    assert_eq!(replica.refusal(&Query::new("SELECT * FROM")), "query: incomplete input");
    assert_eq!(replica.refusal(&Query::new("SELECT 'open")), "query: unrecognized token: \"'open\"");
}

#[test]
fn whatever_does_more_than_read_is_refused() {
    let replica = Replica::new();
    let before = std::fs::read(&replica.path).unwrap();
    for sql in [
        "DELETE FROM users",
        "DELETE FROM tmp_users",
        "WITH a AS (SELECT 1) DELETE FROM tmp_users",
        "WITH a AS (SELECT 1) INSERT INTO tmp_users SELECT * FROM a",
        "EXPLAIN DELETE FROM tmp_users",
        "INSERT INTO tmp_users VALUES (1, 2, 3)",
        "UPDATE tmp_users SET text = 1",
        "REPLACE INTO tmp_users VALUES (1, 2, 3)",
        "DROP TABLE tmp_users",
        "ALTER TABLE tmp_users ADD x",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)",
        "CREATE TEMP VIEW v AS SELECT 1",
        "CREATE VIRTUAL TABLE temp.t USING fts5(a)",
        "ATTACH 'other.db' AS other",
        "DETACH main",
        "VACUUM INTO 'other.db'",
        "REINDEX",
        "ANALYZE",
        "BEGIN IMMEDIATE",
        "SAVEPOINT s",
        "PRAGMA writable_schema = 1",
        "PRAGMA writable_schema",
        "PRAGMA journal_mode = delete",
        "PRAGMA user_version = 3",
        "PRAGMA query_only = 0",
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA wal_checkpoint",
        "SELECT load_extension('x')",
        "SELECT * FROM pragma_journal_mode",
    ] {
        let refusal = replica.refusal(&Query::new(sql));
        assert_eq!(
            refusal, "query: it does more than read; write one SELECT; the replica is changed by syncing alone",
            "{sql}"
        );
    }
    assert_eq!(std::fs::read(&replica.path).unwrap(), before);
    assert_eq!(replica.json("PRAGMA page_size"), r#"[{"page_size":8192}]"#);
}

#[test]
fn one_statement_is_one() {
    let replica = Replica::new();
    assert_eq!(
        replica.refusal(&Query::new("SELECT 1; DROP TABLE tmp_users")),
        "query: something follows the end of the statement, in line 1; send one statement at a time"
    );
    assert_eq!(replica.refusal(&Query::new(" -- \n")), "query: there is no statement; write a SELECT");
    assert_eq!(replica.json("SELECT 1 AS a; -- the end"), r#"[{"a":1}]"#);
}

#[test]
fn parameters_are_bound_by_position_or_name() {
    let replica = Replica::new();
    let ask = |sql: &str, params| {
        let query = Query::new(sql).parameters(Parameters::from_json(&params)?);
        replica.ask(&query).map(|answer| serde_json::to_string(&answer.arrays()).unwrap())
    };
    let refusal = |sql, params| ask(sql, params).unwrap_err().to_string();
    assert_eq!(
        ask(
            "SELECT ?, ?, ?, ?, ?, ?",
            json!([i64::MIN, 1.5, "'; DROP TABLE tmp_users", null, true, {"$blob": "AP8="}])
        )
        .unwrap(),
        r#"[[-9223372036854775808,1.5,"'; DROP TABLE tmp_users",null,1,{"$blob":"AP8="}]]"#
    );
    assert_eq!(ask("SELECT :a + @b, $a", json!({"a": 1, "@b": 2, "$a": 3})).unwrap(), "[[3,3]]");
    assert_eq!(ask("SELECT count(*) FROM users WHERE bytes = ?", json!([{"$blob": "AP8="}])).unwrap(), "[[2]]");
    assert_eq!(refusal("SELECT ?, ?", json!([1])), "query: the statement takes 2 values, and 1 value is given");
    assert_eq!(refusal("SELECT 1", json!([1])), "query: the statement takes no value, and 1 value is given");
    assert_eq!(refusal("SELECT :a", json!({})), "query: no value is given for :a");
    assert_eq!(refusal("SELECT :a", json!({"a": 1, "b": 2})), "query: the statement has no parameter b");
    assert_eq!(
        refusal("SELECT ?", json!({"a": 1})),
        "query: parameter 1 has no name; give the values as an array, or name all parameters"
    );
    assert_eq!(refusal("SELECT 1", json!("x")), "params: it is neither an array nor an object");
    assert!(refusal("SELECT ?", json!([[1]])).starts_with("params[0]: it is no value; "));
    assert_eq!(refusal("SELECT ?1001", json!([])), "query: variable number must be between ?1 and ?1000");
}

#[test]
fn an_endless_query_ends_and_says_so() {
    let replica = Replica::new();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let limits = QueryLimits { time: Some(Duration::from_millis(50)), ..QueryLimits::default() };
    assert_eq!(
        replica.refusal(&Query::new(endless).limits(limits)),
        "query: it took longer than 50ms and was stopped; ask for less, with WHERE and LIMIT"
    );
    let stop = StopFlag::default();
    let limits = QueryLimits { time: None, ..limits };
    let stopping = stop.clone();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let stopper = std::thread::spawn(move || {
        has_begun.recv().unwrap();
        stopping.stop();
    });
    begun.send(()).unwrap();
    assert_eq!(
        replica.refusal(&Query::new(endless).limits(limits).stopped_by(stop.clone())),
        "query: it was stopped before it ended"
    );
    stopper.join().unwrap();
    assert_eq!(replica.refusal(&Query::new("SELECT 1").stopped_by(stop)), "query: it was stopped before it ended");
}

#[test]
fn rows_and_bytes_are_capped() {
    let replica = Replica::new();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i, hex(zeroblob(50)) FROM n";
    let ask = |rows, bytes| {
        let limits = QueryLimits { rows, bytes, ..QueryLimits::default() };
        let answer = replica.ask(&Query::new(many).limits(limits)).unwrap();
        (answer.rows.len(), answer.truncated)
    };
    assert_eq!(ask(1000, 1 << 20), (1000, false));
    assert_eq!(ask(999, 1 << 20), (999, true));
    assert_eq!(ask(0, 1 << 20), (0, true));
    let (rows, truncated) = ask(1000, 16_400);
    assert!(truncated && (90..=100).contains(&rows), "{rows}");
    let limits = QueryLimits { bytes: 1000, ..QueryLimits::default() };
    assert_eq!(
        replica.refusal(&Query::new("SELECT zeroblob(1001)").limits(limits)),
        "query: a value or the statement is larger than the limit; ask for a part of it, as substr() does"
    );
}

#[test]
fn a_statement_of_any_depth_is_an_error_at_most() {
    let replica = Replica::new();
    let deep = |open: &str, close: &str, depth| format!("SELECT {}1{}", open.repeat(depth), close.repeat(depth));
    for sql in [
        deep("(", ")", 10_000),
        deep("-", "", 100_000),
        deep("(SELECT ", ")", 10_000),
        format!("SELECT 1{}", "+1".repeat(100_000)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(10_000)),
        format!("SELECT {}1", "1,".repeat(10_000)),
        format!("SELECT 'a' LIKE '{}'", "%a".repeat(2000)),
    ] {
        let refusal = replica.ask(&Query::new(&sql)).map(|_| ()).unwrap_err();
        assert!(refusal.to_string().len() < 200, "{refusal}");
    }
}

#[test]
fn a_session_can_be_used_again_after_an_error() {
    let replica = Replica::new();
    let mut session = QuerySession::open(&replica.path).unwrap();
    let tight = QueryLimits { time: Some(Duration::ZERO), rows: 1, bytes: 10 };
    assert!(session.ask(&Query::new("SELECT zeroblob(31) FROM users").limits(tight)).is_err());
    assert!(session.ask(&Query::new("DROP TABLE users")).is_err());
    let answer = session.ask(&Query::new("SELECT id FROM users ORDER BY id DESC")).unwrap();
    assert_eq!(answer.rows, [[OwnedValue::Integer(i64::MAX)], [OwnedValue::Integer(1)]]);
}

#[test]
fn a_session_that_stays_sees_what_comes_goes_and_changes() {
    let mut replica = Replica::new();
    let user = Connection::open(&replica.path).unwrap();
    let mut session = QuerySession::open(&replica.path).unwrap();
    let mut text = |sql: &str| {
        let answer = session.ask(&Query::new(sql));
        answer.map_or_else(|error| error.to_string(), |answer| serde_json::to_string(&answer.objects()).unwrap())
    };
    assert_eq!(text("SELECT text FROM users LIMIT 1"), r#"[{"text":"user"}]"#);
    assert_eq!(text("SELECT * FROM orders"), "query: no such table: orders; there are audit.logs, audit.users, users");
    replica.publish("tmp_orders", TableId::new("public", "orders"), "order");
    assert_eq!(text("SELECT text FROM orders LIMIT 1"), r#"[{"text":"order"}]"#);
    assert_eq!(text("SELECT text FROM public.orders LIMIT 1"), r#"[{"text":"order"}]"#);
    // The user's own table takes the name, and gives it back.
    user.execute_batch("CREATE TABLE users (own); INSERT INTO users VALUES ('mine')").unwrap();
    assert_eq!(text("SELECT * FROM users"), r#"[{"own":"mine"}]"#);
    user.execute_batch("DROP TABLE users; ALTER TABLE tmp_users ADD COLUMN more DEFAULT 5").unwrap();
    assert_eq!(text("SELECT text, more FROM users LIMIT 1"), r#"[{"text":"user","more":5}]"#);
    assert_eq!(text("SELECT * FROM users LIMIT 1").matches("more").count(), 1);
}

#[test]
fn a_session_knows_when_another_file_is_there() {
    let replica = Replica::new();
    let session = QuerySession::open(&replica.path).unwrap();
    assert!(!session.is_stale());
    let moved = replica.path.with_extension("moved");
    std::fs::rename(&replica.path, &moved).unwrap();
    assert!(session.is_stale());
    std::fs::copy(&moved, &replica.path).unwrap();
    assert!(session.is_stale());
    assert!(!QuerySession::open(&replica.path).unwrap().is_stale());
}

#[test]
fn rows_can_be_taken_one_by_one() {
    struct First(Vec<String>, usize);
    impl Rows for First {
        fn columns(&mut self, names: Vec<String>) -> Result<()> {
            self.0 = names;
            Ok(())
        }
        fn row(&mut self, row: &[ValueRef<'_>]) -> Result<ControlFlow<()>> {
            self.1 += 1;
            assert_eq!(row[0], ValueRef::Integer(1));
            Ok(ControlFlow::Break(()))
        }
    }
    struct Failing;
    impl Rows for Failing {
        fn columns(&mut self, _: Vec<String>) -> Result<()> {
            Err(Error::unavailable("the terminal is gone"))
        }
        fn row(&mut self, _: &[ValueRef<'_>]) -> Result<ControlFlow<()>> {
            panic!("no row is given after an error")
        }
    }
    let replica = Replica::new();
    let mut session = QuerySession::open(&replica.path).unwrap();
    let query = Query::new("SELECT id, text FROM users").limits(QueryLimits::none());
    let mut first = First(Vec::new(), 0);
    session.each(&query, &mut first).unwrap();
    assert_eq!((first.0, first.1), (vec!["id".to_owned(), "text".to_owned()], 1));
    assert_eq!(session.each(&query, &mut Failing).unwrap_err().to_string(), "the terminal is gone");
}

#[test]
fn no_file_is_made_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent.db");
    let error = QuerySession::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().ends_with("there is no such file; sync once, or check the path"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

proptest! {
    /// Pieces that tokenizers stumble over, in any order.
    #[test]
    fn any_text_is_cut_without_loss_and_nothing_else_is_rewritten(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "'", "\"", "`", "[", "]", "--", "/*", "*/", "\n", ";", "(", ")", ",", ".", "*", " ", "x'", "1e-", "0x", "?", ":a",
                "é", "\u{feff}", "FROM ", "JOIN ", "SELECT ", "IN ", "AS ", "audit", "logs", "users", "1",
            ]),
            0..20,
        ),
    ) {
        let sql = format!("SELECT 1 {}", pieces.concat());
        let tokens = tokens(&sql);
        let mut end = 0;
        for token in &tokens {
            prop_assert!(token.span.start >= end && token.span.end > token.span.start);
            end = token.span.end;
        }
        prop_assert!(end <= sql.len());
        prop_assert_eq!(rewrite(&sql, &tokens, |_, _| None), sql.clone());
        rewrite(&sql, &tokens, |_, _| Some("tmp".to_owned()));
        // What counts as one statement here is one for SQLite too.
        if one_statement(&sql).is_ok() {
            let conn = Connection::open_in_memory().unwrap();
            let several = matches!(conn.prepare(&sql), Err(rusqlite::Error::MultipleStatement));
            prop_assert!(!several);
        }
    }
}
