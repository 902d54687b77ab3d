//! How often the server describes a table: once, until something about it is changed.

use sync_core::ErrorKind;

use crate::place::Place;

/// How often the columns of one table, or of all, were asked for in this database.
fn descriptions(place: &Place) -> u64 {
    let sql = format!(
        "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
         WHERE d.datname = '{}' AND query LIKE '%WITH RECURSIVE col AS%' AND query NOT LIKE '%pg_stat_statements%'",
        place.database.name()
    );
    place.database.query(&sql).unwrap().trim().parse().unwrap()
}

/// Descriptions for which three sweeps ask.
async fn asked_by_sweeps(place: &Place, name: &str) -> u64 {
    let table = place.table(name, None, None).await;
    let start = place.read(&table, None, 10).await.watermark();
    let before = descriptions(place);
    for _ in 0..3 {
        place.sweep(&table, &start).await;
    }
    descriptions(place) - before
}

#[tokio::test]
async fn a_table_that_nobody_changes_is_described_with_all_others_only() {
    let place = Place::with(
        "CREATE EXTENSION pg_stat_statements;
         CREATE TABLE plain (id int PRIMARY KEY, note text DEFAULT 'x', more numeric(9, 2)[]);
         CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
         CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (100);
         CREATE TYPE mood AS ENUM ('well');
         CREATE TABLE own (id int PRIMARY KEY, mood mood);
         CREATE DOMAIN whole AS int; CREATE TABLE domains (id whole PRIMARY KEY)",
    );
    // Types that somebody may change are looked at each time.
    for (name, asked) in [("plain", 0), ("parts", 0), ("own", 3), ("domains", 3)] {
        assert_eq!(asked_by_sweeps(&place, name).await, asked, "{name}");
    }
}

#[tokio::test]
async fn whatever_is_changed_of_a_table_it_is_described_again() {
    let place = Place::with(
        "CREATE EXTENSION pg_stat_statements;
         CREATE TABLE t (id int PRIMARY KEY, note text, spare int NOT NULL DEFAULT 1)",
    );
    let table = place.table("t", None, None).await;
    let start = place.read(&table, None, 10).await.watermark();
    let asked = async |sql: &str| {
        place.database.execute(sql).unwrap();
        let before = descriptions(&place);
        for _ in 0..2 {
            place.sweep(&table, &start).await;
        }
        descriptions(&place) - before
    };
    for nothing in ["INSERT INTO t VALUES (1, 'a')", "DELETE FROM t", "ANALYZE t", "VACUUM t"] {
        assert_eq!(asked(nothing).await, 0, "{nothing}");
    }
    for change in [
        "ALTER TABLE t ADD COLUMN more int",
        "ALTER TABLE t DROP COLUMN more",
        "ALTER TABLE t ALTER spare DROP NOT NULL",
        "ALTER TABLE t ALTER spare SET DEFAULT 2",
        "CREATE UNIQUE INDEX other ON t (spare)",
        "DROP INDEX other",
        "GRANT SELECT ON t TO PUBLIC",
        "CREATE POLICY everybody ON t USING (true); ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE child () INHERITS (t); DROP TABLE child; ALTER TABLE t SET (fillfactor = 90)",
        "TRUNCATE t",
    ] {
        assert_eq!(asked(change).await, 1, "{change}");
    }
    place.database.execute("ALTER TABLE t ALTER note TYPE varchar(9)").unwrap();
    let error = place.give(sync_core::Scope::Sweep(table.clone()), Some(&start), 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.to_string().contains("column \"note\" was of type text and is character varying(9) now"), "{error}");
}
