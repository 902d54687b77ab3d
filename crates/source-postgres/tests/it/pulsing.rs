//! What is told of all tables at once.

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{Activity, Pulse, Source, TableId};
use test_servers::Postgres;

use crate::place::Place;

async fn pulse(place: &Place) -> Pulse {
    place.source.pulse().await.unwrap()
}

fn activity(pulse: &Pulse, table: &str) -> Option<Activity> {
    pulse.tables.get(&TableId::new("public", table)).cloned()
}

/// Counters are told to the server when a session ends; `psql` just ended, so they arrive soon.
async fn after_writes(place: &Place, table: &str, before: &Activity) -> Activity {
    let arrive = async {
        loop {
            match activity(&pulse(place).await, table) {
                Some(now) if now.writes != before.writes => return now,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), arrive).await.expect("the counters do not move")
}

#[tokio::test]
async fn the_identity_is_the_same_as_that_asked_for_alone() {
    let place = Place::with("");
    assert_eq!(pulse(&place).await.identity, place.source.identity().await.unwrap());
}

#[tokio::test]
async fn a_write_shows_in_its_table_alone_and_a_delete_apart() {
    let place = Place::with("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)");
    let made = activity(&pulse(&place).await, "a").unwrap();
    place.database.execute("INSERT INTO a VALUES (0)").unwrap();
    // Before release 15 the first count of a new database is when its statistics begin.
    let a = after_writes(&place, "a", &made).await;
    let b = activity(&pulse(&place).await, "b").unwrap();
    place.database.execute("INSERT INTO a VALUES (1)").unwrap();
    let inserted = after_writes(&place, "a", &a).await;
    assert_eq!(inserted.deletes, a.deletes);
    assert_eq!(activity(&pulse(&place).await, "b"), Some(b));
    place.database.execute("UPDATE a SET id = id + 2").unwrap();
    let updated = after_writes(&place, "a", &inserted).await;
    assert_eq!(updated.deletes, a.deletes);
    place.database.execute("DELETE FROM a").unwrap();
    assert_ne!(after_writes(&place, "a", &updated).await.deletes, a.deletes);
}

#[tokio::test]
async fn what_no_counter_counts_shows_by_the_files_and_the_set_of_parts() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1);
         CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE part (id int PRIMARY KEY);
         CREATE TABLE inner_whole PARTITION OF whole FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF inner_whole FOR VALUES FROM (10) TO (12);
         CREATE TABLE parent (id int); CREATE TABLE heir () INHERITS (parent);
         CREATE VIEW v AS SELECT 1 AS id; CREATE MATERIALIZED VIEW m AS SELECT 1 AS id;",
    );
    for (table, change, deletes) in [
        ("t", "TRUNCATE t", true),
        ("t", "ALTER TABLE t ALTER n TYPE bigint", true),
        ("whole", "ALTER TABLE whole ATTACH PARTITION part FOR VALUES FROM (0) TO (10)", true),
        ("whole", "TRUNCATE low", true),
        ("whole", "INSERT INTO whole VALUES (11)", false),
        ("whole", "ALTER TABLE whole DETACH PARTITION part", true),
        ("parent", "INSERT INTO heir VALUES (1)", false),
        ("m", "REFRESH MATERIALIZED VIEW m", true),
    ] {
        let before = activity(&pulse(&place).await, table).unwrap();
        place.database.execute(change).unwrap();
        let after = after_writes(&place, table, &before).await;
        assert_eq!(after.deletes != before.deletes, deletes, "{change}");
    }
    assert_eq!(activity(&pulse(&place).await, "v"), None, "nobody counts for a view");
}

#[tokio::test]
async fn the_catalog_token_changes_with_what_discover_answers_and_not_else() {
    let place = Place::with(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN code AS varchar(5);
         CREATE TABLE t (id int, m mood, c code, n int); CREATE TABLE u (id int PRIMARY KEY);
         CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE part (id int PRIMARY KEY)",
    );
    let mut token = pulse(&place).await.catalog.unwrap();
    for change in [
        "INSERT INTO u VALUES (1); UPDATE u SET id = 2; ANALYZE; VACUUM",
        "CREATE TEMP TABLE passing (id int PRIMARY KEY, m mood)",
        "CREATE SEQUENCE s; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "TRUNCATE t",
    ] {
        place.database.execute(change).unwrap();
        assert_eq!(pulse(&place).await.catalog.unwrap(), token, "{change}");
    }
    for change in [
        "ALTER TABLE t ADD COLUMN a int",
        "ALTER TABLE t RENAME a TO b",
        "ALTER TABLE t ALTER b TYPE bigint",
        "ALTER TABLE t DROP b",
        "ALTER TABLE t ALTER n SET NOT NULL",
        "ALTER TABLE t ALTER c TYPE varchar(7)",
        "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
        "ALTER TYPE mood RENAME TO temper",
        "ALTER TABLE t ADD PRIMARY KEY (id)",
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "ALTER TABLE t RENAME TO t2",
        "CREATE SCHEMA other; ALTER TABLE t2 SET SCHEMA other",
        "CREATE VIEW v AS SELECT 1 AS one",
        "ALTER TABLE whole ATTACH PARTITION part FOR VALUES FROM (0) TO (10)",
        "ALTER TABLE u RENAME TO old; CREATE TABLE u (id int PRIMARY KEY)",
        "CREATE EXTENSION hstore; ALTER EXTENSION hstore ADD TABLE u",
        "ALTER EXTENSION hstore DROP TABLE u",
        "DROP TABLE u",
    ] {
        place.database.execute(change).unwrap();
        let now = pulse(&place).await.catalog.unwrap();
        assert_ne!(now, token, "{change}");
        token = now;
    }
}

/// A server that told the same twice is asked in short; whatever happens then shows all the same.
#[tokio::test]
async fn after_a_standstill_every_change_shows() {
    let place = Place::alone(
        "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset();
         CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)",
    )
    .await;
    let short = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE '%AS leaf(oid)%'";
    // Counters may still be on their way.
    let settle = async {
        loop {
            let (one, two) = (pulse(&place).await, pulse(&place).await);
            if one == two && place.database.query(short).unwrap() != "0" {
                return two;
            }
        }
    };
    let mut before = tokio::time::timeout(std::time::Duration::from_secs(60), settle).await.expect("no standstill");
    for change in ["CREATE TABLE v (id int)", "GRANT SELECT ON t TO public", "ALTER TABLE t ADD n int", "DROP TABLE u"]
    {
        for _ in 0..3 {
            assert_eq!(pulse(&place).await, before, "before {change}");
        }
        place.database.execute(change).unwrap();
        let after = pulse(&place).await;
        assert_ne!((&after.catalog, &after.quiet), (&before.catalog, &before.quiet), "{change}");
        before = after;
    }
    // What ends no transaction.
    let counted = activity(&before, "t").unwrap();
    for _ in 0..3 {
        assert_eq!(activity(&pulse(&place).await, "t").as_ref(), Some(&counted));
    }
    place.database.execute("SELECT pg_stat_reset()").unwrap();
    after_writes(&place, "t", &counted).await;
}

/// What the login may read is part of what is listed.
#[tokio::test]
async fn a_grant_changes_the_token() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY, n int)");
    let role = format!("reader_{}", place.database.name());
    Postgres::shared().execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'pw'")).unwrap();
    let source = PostgresSource::new(&PostgresConfig::new(place.database.url_as(&role, "pw"))).unwrap();
    let mut tokens = vec![source.pulse().await.unwrap().catalog.unwrap()];
    for change in [
        format!("GRANT SELECT (id) ON t TO {role}"),
        format!("GRANT SELECT ON t TO {role}"),
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY".to_owned(),
        "REVOKE USAGE ON SCHEMA public FROM public".to_owned(),
    ] {
        place.database.execute(&change).unwrap();
        tokens.push(source.pulse().await.unwrap().catalog.unwrap());
    }
    place.database.execute(&format!("DROP OWNED BY {role}")).unwrap();
    Postgres::shared().execute(&format!("DROP ROLE {role}")).unwrap();
    let different: std::collections::HashSet<_> = tokens.iter().collect();
    assert_eq!(different.len(), tokens.len(), "{tokens:?}");
}

#[tokio::test]
async fn a_database_that_does_not_count_tells_nothing_of_its_tables() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)");
    place.database.execute(&format!("ALTER DATABASE {} SET track_counts = off", place.database.name())).unwrap();
    let pulse = pulse(&place).await;
    assert!(pulse.tables.is_empty() && pulse.catalog.is_some());
}

/// A reset could bring the counters back to a value that they had.
#[tokio::test]
async fn counters_that_are_reset_are_others() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)");
    let before = activity(&pulse(&place).await, "t").unwrap();
    place.database.execute("SELECT pg_stat_reset()").unwrap();
    let after = after_writes(&place, "t", &before).await;
    assert_ne!(after.deletes, before.deletes);
}

/// A login may be denied what tells which server it is: then the rest is told.
#[tokio::test]
async fn what_is_withheld_is_left_out() {
    let place = Place::with(
        "CREATE TABLE t (id int PRIMARY KEY);
         REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() FROM public",
    );
    let role = format!("stranger_{}", place.database.name());
    Postgres::shared().execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'pw'")).unwrap();
    let source = PostgresSource::new(&PostgresConfig::new(place.database.url_as(&role, "pw"))).unwrap();
    let told = [source.pulse().await, source.pulse().await];
    Postgres::shared().execute(&format!("DROP ROLE {role}")).unwrap();
    for pulse in told {
        let pulse = pulse.unwrap();
        assert!(pulse.identity.id().starts_with("unknown/"), "{:?}", pulse.identity);
        assert!(pulse.catalog.is_some() && pulse.tables.len() == 1, "{pulse:?}");
    }
}
