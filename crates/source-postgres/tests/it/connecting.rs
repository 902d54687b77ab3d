//! Poolers, and readers side by side.

use std::sync::Arc;

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Next, ReadRequest, RowBatch, Scope, Source, SourceTable};
use test_servers::{PgBouncer, Postgres};

use crate::place::{next, rows};

async fn ids(
    source: &PostgresSource,
    scope: Scope,
    after: Option<sync_core::Cursor>,
) -> (Vec<String>, Option<sync_core::Cursor>) {
    let mut reader = source.read(ReadRequest::new(scope, after)).await.unwrap();
    let (mut ids, mut cursor) = (Vec::new(), None);
    while let Next::Batch(batch) = next(reader.as_mut()).await.unwrap() {
        ids.extend(rows(&batch).into_iter().map(|row| row[0].clone()));
        cursor = batch.watermark.or(cursor);
    }
    (ids, cursor)
}

#[tokio::test]
async fn every_read_works_through_a_pooler_in_transaction_mode() {
    let server = Postgres::shared();
    let Some(pooler) = PgBouncer::start(server).unwrap() else {
        eprintln!("SKIPPED: PgBouncer is not installed");
        return;
    };
    let database = server.database().unwrap();
    database
        .execute(
            "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int PRIMARY KEY, at timestamptz, m mood);
             INSERT INTO t SELECT g, '2024-01-01'::timestamptz + g * interval '1 s', 'ok' FROM generate_series(1, 3000) g",
        )
        .unwrap();
    let mut config = PostgresConfig::new(pooler.url(&database));
    // More connections than the pooler has to the server: they take turns.
    config.pool_size = Some(12);
    let source = PostgresSource::new(&config).unwrap();
    source.identity().await.unwrap();
    let schema = Arc::new(source.discover().await.unwrap().remove(0));
    let table = Arc::new(SourceTable::new(Arc::clone(&schema)).cursor_columns(Some(1), Some(0)));

    let one = async || {
        let (copied, cursor) = ids(&source, Scope::Table(table.clone()), None).await;
        assert_eq!(copied.len(), 3000);
        let old = sync_core::Cursor::new(
            cursor.clone().unwrap().token().replace("2024-01-01 00:50:00", "2024-01-01 00:49:00"),
        );
        assert_eq!(ids(&source, Scope::Table(table.clone()), Some(old)).await.0.len(), 60);
        ids(&source, Scope::Sweep(table.clone()), cursor).await;
        assert_eq!(ids(&source, Scope::Keys(table.clone()), None).await.0.len(), 3000);
        let mut keys = RowBatch::new(Arc::clone(&schema));
        keys.push_integer(7);
        keys.push_null();
        keys.push_null();
        keys.end_row(sync_core::Op::Delete).unwrap();
        assert_eq!(ids(&source, Scope::Rows(table.clone(), keys), None).await.0, ["7"]);
    };
    for _ in 0..3 {
        tokio::join!(one(), one(), one(), one(), one(), one(), one(), one());
    }
    // What a session keeps would show up in the sessions of others.
    let left = database.query("SELECT count(*) FROM pg_prepared_statements").unwrap();
    assert_eq!(left.trim(), "0");
}
