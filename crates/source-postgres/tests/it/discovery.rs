//! What a login sees.

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::plan::plan;
use sync_core::{DataType, RelationKind, Source, TableId, Wanted, WantedTable};
use test_servers::Postgres;

use crate::place::Place;

#[tokio::test]
async fn relations_of_every_kind_are_listed_and_nothing_of_the_system() {
    let place = Place::with(
        "CREATE TABLE plain (id int PRIMARY KEY); CREATE VIEW seen AS SELECT * FROM plain;
         CREATE MATERIALIZED VIEW kept AS SELECT * FROM plain; CREATE TABLE no_columns ();
         CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id);
         CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (10);
         CREATE SCHEMA audit; CREATE TABLE audit.logs (id int);
         CREATE FOREIGN DATA WRAPPER none; CREATE SERVER elsewhere FOREIGN DATA WRAPPER none;
         CREATE FOREIGN TABLE far (id int) SERVER elsewhere; CREATE TEMP TABLE passing (id int);",
    );
    let found: Vec<_> = place.discover().await.iter().map(|schema| (schema.id().clone(), schema.kind())).collect();
    let expected = [
        (TableId::new("audit", "logs"), RelationKind::Table),
        (TableId::new("public", "far"), RelationKind::ForeignTable),
        (TableId::new("public", "kept"), RelationKind::MaterializedView),
        (TableId::new("public", "part"), RelationKind::Partition),
        (TableId::new("public", "plain"), RelationKind::Table),
        (TableId::new("public", "seen"), RelationKind::View),
        (TableId::new("public", "whole"), RelationKind::PartitionedTable),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_an_extension_brought_is_told_from_what_somebody_made() {
    let place = Place::with("CREATE TABLE own (id int PRIMARY KEY); CREATE EXTENSION pg_stat_statements");
    let found = place.discover().await;
    let owners: Vec<_> = found.iter().map(|schema| (schema.id().name(), schema.belongs_to())).collect();
    let extension = Some("extension pg_stat_statements");
    assert_eq!(owners, [("own", None), ("pg_stat_statements", extension), ("pg_stat_statements_info", extension)]);

    let mut wanted = Wanted::tables(["public.*".parse().unwrap()]);
    let planned = plan(&wanted, &found, &place.source.capabilities());
    assert_eq!(planned.tables.iter().map(|table| table.id().name()).collect::<Vec<_>>(), ["own"]);
    let left_out: Vec<_> = planned.left_out.iter().map(|left_out| left_out.table.name()).collect();
    assert_eq!((left_out, planned.problems.len()), (vec!["pg_stat_statements", "pg_stat_statements_info"], 0));
    wanted.tables.push(WantedTable::new("pg_stat_statements".parse().unwrap()));
    let planned = plan(&wanted, &found, &place.source.capabilities());
    assert_eq!((planned.tables.len(), planned.left_out.len()), (2, 1));
}

#[tokio::test]
async fn the_key_is_the_best_that_the_server_proves() {
    let place = Place::with(
        "CREATE TABLE primary_key (a int, b int, c int UNIQUE NOT NULL, PRIMARY KEY (b, a));
         CREATE TABLE narrowest (a int NOT NULL, b int NOT NULL, c int NOT NULL, UNIQUE (a, b), UNIQUE (c));
         CREATE TABLE with_include (a int NOT NULL, b text); CREATE UNIQUE INDEX ON with_include (a) INCLUDE (b);
         CREATE TABLE nullable (a int UNIQUE);
         CREATE TABLE partial (a int NOT NULL); CREATE UNIQUE INDEX ON partial (a) WHERE a > 0;
         CREATE TABLE expression (a int NOT NULL); CREATE UNIQUE INDEX ON expression ((a + 1));
         CREATE TABLE deferred (a int NOT NULL UNIQUE DEFERRABLE);
         CREATE TABLE parent (a int PRIMARY KEY); CREATE TABLE heir () INHERITS (parent);
         CREATE TABLE dropped (x int, a int PRIMARY KEY, gone int); ALTER TABLE dropped DROP COLUMN x;",
    );
    for (table, key) in [
        ("primary_key", vec!["b", "a"]),
        ("narrowest", vec!["c"]),
        ("with_include", vec!["a"]),
        ("nullable", vec![]),
        ("partial", vec![]),
        ("expression", vec![]),
        ("deferred", vec![]),
        ("parent", vec![]),
        ("dropped", vec!["a"]),
    ] {
        let schema = place.schema(table).await;
        let found: Vec<_> = schema.key().iter().map(|position| schema.columns()[*position].name.as_str()).collect();
        assert_eq!(found, key, "{table}");
    }
}

#[tokio::test]
async fn columns_tell_type_and_null_and_domains_their_base() {
    let place = Place::with(
        "CREATE TYPE mood AS ENUM ('ok'); CREATE TYPE pair AS (a int, b text);
         CREATE DOMAIN short AS numeric(5, 2); CREATE DOMAIN shorter AS short CHECK (VALUE > 0);
         CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, price numeric(12,2) NOT NULL, d shorter,
            m mood, p pair, tags text[], twice int GENERATED ALWAYS AS (1 + 1) STORED, v varchar(7), at timestamptz(3), i int2vector);",
    );
    let schema = place.schema("t").await;
    let found: Vec<_> = schema
        .columns()
        .iter()
        .map(|column| (column.name.as_str(), column.native_type.as_str(), column.data_type, column.nullable))
        .collect();
    let expected = [
        ("id", "bigint", DataType::Integer, false),
        ("price", "numeric(12,2)", DataType::Decimal { precision: 12, scale: 2 }, false),
        ("d", "public.shorter", DataType::Decimal { precision: 5, scale: 2 }, true),
        ("m", "public.mood", DataType::Text, true),
        ("p", "public.pair", DataType::Json, true),
        ("tags", "text[]", DataType::Json, true),
        ("twice", "integer", DataType::Integer, true),
        ("v", "character varying(7)", DataType::Text, true),
        ("at", "timestamp(3) with time zone", DataType::TimestampTz, true),
        ("i", "int2vector", DataType::Other, true),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn estimates_of_a_parent_are_those_of_its_leaves() {
    let place = Place::with(
        "CREATE TABLE whole (id int) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF whole FOR VALUES FROM (0) TO (10);
         CREATE TABLE high PARTITION OF whole FOR VALUES FROM (10) TO (100);
         INSERT INTO whole SELECT generate_series(0, 29); ANALYZE low; ANALYZE high; CREATE VIEW v AS SELECT 1;",
    );
    assert_eq!(place.schema("whole").await.estimated_rows(), Some(30));
    assert_eq!(place.schema("low").await.estimated_rows(), Some(10));
    assert_eq!(place.schema("v").await.estimated_rows(), None);
}

#[tokio::test]
async fn a_missing_right_comes_with_the_grant_that_gives_it() {
    let place = Place::with(
        "CREATE SCHEMA \"Secret \"\"S\"; CREATE TABLE \"Secret \"\"S\".\"order\" (id int PRIMARY KEY);
         CREATE TABLE closed (id int PRIMARY KEY); CREATE TABLE partly (id int PRIMARY KEY, pin text);
         CREATE TABLE guarded (id int PRIMARY KEY); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
         CREATE TABLE open (id int PRIMARY KEY);",
    );
    let role = format!("reader-{}", place.database.name());
    Postgres::shared().execute(&format!("CREATE ROLE \"{role}\" LOGIN PASSWORD 'pw'")).unwrap();
    place
        .database
        .execute(&format!("GRANT SELECT ON open, guarded TO \"{role}\"; GRANT SELECT (id) ON partly TO \"{role}\""))
        .unwrap();
    let source = PostgresSource::new(&PostgresConfig::new(place.database.url_as(&role, "pw"))).unwrap();
    let found = source.discover().await.unwrap();
    place.database.execute(&format!("DROP OWNED BY \"{role}\"")).unwrap();
    Postgres::shared().execute(&format!("DROP ROLE \"{role}\"")).unwrap();

    let reason = |table: &str| {
        let schema = found.iter().find(|schema| schema.id().name() == table).unwrap();
        schema.unreadable().map(|reason| reason.replace(&role, "R"))
    };
    assert_eq!(
        reason("order").unwrap(),
        "the login R may read no row of it; run GRANT USAGE ON SCHEMA \"Secret \"\"S\" TO \"R\"; \
         GRANT SELECT ON \"Secret \"\"S\".\"order\" TO \"R\""
    );
    assert_eq!(
        reason("closed").unwrap(),
        "the login R may read no row of it; run GRANT SELECT ON \"public\".\"closed\" TO \"R\""
    );
    assert!(reason("partly").unwrap().contains("only some columns"));
    assert!(reason("guarded").unwrap().contains("row-level security"));
    assert_eq!(reason("open"), None);
}

#[tokio::test]
async fn odd_names_are_names() {
    let place = Place::with(
        r#"CREATE SCHEMA "Weird ""Schema"; CREATE TABLE "Weird ""Schema"."'; drop table x; --"
             ("order" int PRIMARY KEY, "Weird ""Name""" timestamptz, "'; drop table x; --" text, "$1" int, "k1" int, "place" text);
           CREATE TABLE x (id int PRIMARY KEY);
           INSERT INTO "Weird ""Schema"."'; drop table x; --" VALUES (1, '2024-01-01', 'a', 7, 8, 'b'), (2, '2024-01-02', 'b', 7, 8, 'c');"#,
    );
    let table = place.table("'; drop table x; --", Some("Weird \"Name\""), Some("order")).await;
    let copy = place.read(&table, None, 1).await;
    assert_eq!(copy.column(2), ["a", "b"]);
    let resumed = place.read(&table, copy.batches[1].watermark.as_ref(), 1).await;
    assert_eq!(resumed.column(5), ["c"]);
    let end = copy.watermark();
    place
        .database
        .execute(r#"INSERT INTO "Weird ""Schema"."'; drop table x; --" VALUES (3, '2024-01-03', 'c', 7, 8, 'd')"#)
        .unwrap();
    assert_eq!(place.read(&table, Some(&end), 10).await.column(0), ["3"]);
    assert!(place.sweep(&table, &end).await.column(0).contains(&"3".to_owned()));
    assert_eq!(place.schema("x").await.key(), [0]);
}
