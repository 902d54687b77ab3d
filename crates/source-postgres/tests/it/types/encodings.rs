//! Databases whose texts are not UTF-8.

use source_postgres::{PostgresConfig, PostgresSource};
use std::sync::Arc;
use sync_core::{ErrorKind, Next, ReadRequest, Scope, Source, SourceTable};
use test_servers::Postgres;

use crate::place::{next, rows};

/// A database in this encoding, and what its only table holds by a copy and by a poll from its start.
async fn texts(encoding: &str, name: &str, sql: &str) -> [Vec<Vec<String>>; 2] {
    let server = Postgres::shared();
    let home = server.database().unwrap();
    let database = format!("{}_{}", home.name(), encoding.to_lowercase());
    server
        .execute(&format!(
            "CREATE DATABASE {database} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        ))
        .unwrap();
    server
        .query(&database, &format!("CREATE TABLE \"{name}\" (id int PRIMARY KEY, \"{name}\" text, j jsonb, a text[])"))
        .unwrap();
    let source = PostgresSource::new(&PostgresConfig::new(home.url().replace(home.name(), &database))).unwrap();
    let schema = source.discover().await.unwrap().remove(0);
    assert_eq!((schema.id().name(), schema.columns()[1].name.as_str()), (name, name));
    let table = Arc::new(SourceTable::new(Arc::new(schema)).cursor_columns(None, Some(0)));
    let mut given = [Vec::new(), Vec::new()];
    let mut start = None;
    let mut reader = source.read(ReadRequest::new(Scope::Table(Arc::clone(&table)), None)).await.unwrap();
    while let Next::Batch(batch) = next(reader.as_mut()).await.unwrap() {
        start = batch.watermark.or(start);
    }
    assert!(start.is_some());
    server.query(&database, &sql.replace("$name", &format!("\"{name}\""))).unwrap();
    for (after, given) in [None, start].into_iter().zip(&mut given) {
        let mut reader = source.read(ReadRequest::new(Scope::Table(Arc::clone(&table)), after)).await.unwrap();
        while let Next::Batch(batch) = next(reader.as_mut()).await.unwrap() {
            assert_eq!(batch.failed, []);
            given.extend(rows(&batch));
        }
    }
    drop(source);
    server.execute(&format!("DROP DATABASE {database} WITH (FORCE)")).unwrap();
    given
}

#[tokio::test]
async fn texts_of_latin1_and_of_japan_arrive_right() {
    for (encoding, name, text) in
        [("LATIN1", "Größe", "Käse für 3 ½ ñ ÿ"), ("EUC_JP", "価格", "日本語、ｶﾀｶﾅ と ひらがな")]
    {
        let sql = format!(
            "INSERT INTO $name VALUES (1, '{text}', '{{\"{text}\": 1}}', ARRAY['{text}']), (2, '', NULL, '{{}}')"
        );
        let expected = [
            vec!["1".to_owned(), text.to_owned(), format!("{{\"{text}\": 1}}"), format!("[\"{text}\"]")],
            ["2", "", "∅", "[]"].map(str::to_owned).to_vec(),
        ];
        for given in texts(encoding, name, &sql).await {
            assert_eq!(given, expected, "{encoding}");
        }
    }
}

/// Letters of the server's encoding can be missing in a condition's.
#[tokio::test]
async fn a_condition_may_hold_letters_of_the_servers_encoding_only() {
    let server = Postgres::shared();
    let home = server.database().unwrap();
    let database = format!("{}_where", home.name());
    server
        .execute(&format!(
            "CREATE DATABASE {database} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
        ))
        .unwrap();
    server
        .query(&database, "CREATE TABLE t (id int PRIMARY KEY, n text); INSERT INTO t VALUES (1, 'ä'), (2, 'b')")
        .unwrap();
    let source = PostgresSource::new(&PostgresConfig::new(home.url().replace(home.name(), &database))).unwrap();
    let schema = Arc::new(source.discover().await.unwrap().remove(0));
    let filtered = |filter: &str| Arc::new(SourceTable::new(Arc::clone(&schema)).filter(Some(filter.to_owned())));
    source.try_out(&filtered("n = 'ä'")).await.unwrap();
    let error = source.try_out(&filtered("n = '数'")).await.unwrap_err();
    let mut reader = source.read(ReadRequest::new(Scope::Table(filtered("n = 'ä'")), None)).await.unwrap();
    let mut found = Vec::new();
    while let Next::Batch(batch) = next(reader.as_mut()).await.unwrap() {
        found.extend(rows(&batch));
    }
    drop(reader);
    drop(source);
    server.execute(&format!("DROP DATABASE {database} WITH (FORCE)")).unwrap();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert_eq!(found, [["1", "ä"]]);
}
