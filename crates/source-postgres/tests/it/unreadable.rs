//! Values that can't be read: a database without an encoding hands out whatever bytes were stored.

use std::sync::Arc;

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Cursor, FailedRow, Next, Op, ReadRequest, RowBatch, Scope, Source, SourceTable};
use test_servers::{Database, Postgres};

use crate::place::{next, rows};

struct Unencoded {
    name: String,
    source: PostgresSource,
    /// Names the database, and is the address of its server.
    _home: Database,
}

struct Given {
    rows: Vec<Vec<String>>,
    ops: Vec<Op>,
    failed: Vec<FailedRow>,
    position: Option<Cursor>,
}

impl Unencoded {
    async fn with(sql: &str) -> Self {
        let server = Postgres::shared();
        let home = server.database().unwrap();
        let name = format!("{}_ascii", home.name());
        let options = "TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'";
        server.execute(&format!("CREATE DATABASE {name} {options}")).unwrap();
        let url = home.url().replace(home.name(), &name);
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        // As UTF-8 the server would check what it is given.
        client.batch_execute(&format!("SET client_encoding = 'SQL_ASCII'; {sql}")).await.unwrap();
        drop(client);
        driver.await.unwrap().unwrap();
        let source = PostgresSource::new(&PostgresConfig::new(&url)).unwrap();
        Self { name, source, _home: home }
    }

    async fn tables(&self) -> Vec<Arc<SourceTable>> {
        let found = self.source.discover().await.unwrap();
        found.into_iter().map(|schema| Arc::new(SourceTable::new(Arc::new(schema)))).collect()
    }

    async fn read(&self, scope: Scope) -> Given {
        let mut reader = self.source.read(ReadRequest::new(scope, None)).await.unwrap();
        let mut given = Given { rows: Vec::new(), ops: Vec::new(), failed: Vec::new(), position: None };
        while let Next::Batch(batch) = next(reader.as_mut()).await.unwrap() {
            given.rows.extend(rows(&batch));
            given.ops.extend(batch.rows.rows().map(|row| row.op()));
            given.failed.extend(batch.failed);
            given.position = batch.watermark.or(given.position);
        }
        given
    }
}

impl Drop for Unencoded {
    fn drop(&mut self) {
        let _ = Postgres::shared().execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

#[tokio::test]
async fn a_value_that_can_not_be_read_fails_its_row_alone() {
    let place = Unencoded::with(
        "CREATE TABLE t (id int PRIMARY KEY, n text);
         INSERT INTO t VALUES (1, 'fine'), (2, E'a\\377b'), (3, 'fine too')",
    )
    .await;
    let table = place.tables().await.remove(0);
    let copy = place.read(Scope::Table(table)).await;
    assert_eq!(copy.rows, [["1", "fine"], ["3", "fine too"]]);
    let failed = FailedRow::new(
        "[\"2\"]",
        "column \"n\" of type text: not UTF-8 at byte 1",
        "{\"id\":\"2\",\"n\":\"a\u{fffd}b\"}",
    );
    assert_eq!(copy.failed, [failed]);
    assert!(copy.position.unwrap().token().contains("\"live\""));
}

/// Asked for again it fails again, and is never taken for one that is gone.
#[tokio::test]
async fn a_failed_row_is_found_by_its_key_whatever_the_type() {
    let place = Unencoded::with(
        "CREATE TYPE mood AS ENUM ('ok');
         CREATE TABLE bytes (n text, k bytea PRIMARY KEY); INSERT INTO bytes VALUES (E'\\377', '\\x00ff'), ('', '');
         CREATE TABLE uuids (n text, k uuid PRIMARY KEY); INSERT INTO uuids VALUES (E'\\377', md5('1')::uuid), ('', md5('2')::uuid);
         CREATE TABLE decimals (n text, k numeric PRIMARY KEY); INSERT INTO decimals VALUES (E'\\377', 1.10), ('', 2);
         CREATE TABLE short (n text, k numeric(9,2) PRIMARY KEY); INSERT INTO short VALUES (E'\\377', 1.10), ('', 2);
         CREATE TABLE odd (n text, k numeric(9,2) PRIMARY KEY); INSERT INTO odd VALUES (E'\\377', 'NaN'), ('', 2);
         CREATE TABLE whole (n text, k numeric(9) PRIMARY KEY); INSERT INTO whole VALUES (E'\\377', 10000), ('', 2);
         CREATE TABLE stamps (n text, k timestamptz PRIMARY KEY); INSERT INTO stamps VALUES (E'\\377', '2024-01-01 00:00:00.1'), ('', 'infinity');
         CREATE TABLE texts (n text, k text PRIMARY KEY); INSERT INTO texts VALUES (E'\\377', 'a\"\\b'), ('', '');
         CREATE TABLE floats (n text, k float4 PRIMARY KEY); INSERT INTO floats VALUES (E'\\377', 0.1), ('', 2);
         CREATE TABLE flags (n text, k boolean PRIMARY KEY); INSERT INTO flags VALUES (E'\\377', true), ('', false);
         CREATE TABLE bits (n text, k bit(10) PRIMARY KEY); INSERT INTO bits VALUES (E'\\377', B'1000000001'), ('', B'0000000001');
         CREATE TABLE spans (n text, k interval PRIMARY KEY); INSERT INTO spans VALUES (E'\\377', '1 year -2 days'), ('', '0');
         CREATE TABLE moods (n text, k mood, l money, PRIMARY KEY (l, k)); INSERT INTO moods VALUES (E'\\377', 'ok', 12.5), ('', 'ok', 0);",
    )
    .await;
    let tables = place.tables().await;
    assert_eq!(tables.len(), 13);
    for table in tables {
        let name = table.schema.id().name();
        let copy = place.read(Scope::Table(Arc::clone(&table))).await;
        assert_eq!((copy.rows.len(), copy.failed.len()), (1, 1), "{name}");
        let key = copy.failed[0].key_row(&table.schema).unwrap_or_else(|| panic!("{name}: {:?}", copy.failed));
        let again = place.read(Scope::Rows(Arc::clone(&table), key)).await;
        assert_eq!(again.failed, copy.failed, "{name}");
        assert!(again.rows.is_empty(), "{name}: {:?} {:?}", again.ops, again.rows);
    }
}

#[tokio::test]
async fn a_key_that_can_not_be_read_is_no_key() {
    let place = Unencoded::with("CREATE TABLE t (k text PRIMARY KEY); INSERT INTO t VALUES (E'\\377'), ('fine')").await;
    let table = place.tables().await.remove(0);
    let copy = place.read(Scope::Table(Arc::clone(&table))).await;
    assert_eq!((copy.rows, copy.failed.len()), (vec![vec!["fine".to_owned()]], 1));
    assert_eq!(copy.failed[0].key, "[null]");
    assert!(copy.failed[0].key_row(&table.schema).is_none());
    let none = place.read(Scope::Rows(Arc::clone(&table), RowBatch::new(Arc::clone(&table.schema)))).await;
    assert!(none.rows.is_empty() && none.failed.is_empty());
}
