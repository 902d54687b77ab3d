//! What a login sees.

use source_mysql::{MysqlConfig, MysqlSource};
use sync_core::plan::plan;
use sync_core::{Index, RelationKind, Source, Wanted};
use test_servers::MysqlFamily;

use crate::base::{Base, server};

fn is_mariadb() -> bool {
    server().family() == MysqlFamily::Mariadb
}

#[tokio::test]
async fn relations_of_every_kind_are_listed_and_nothing_of_the_system() {
    let base = Base::with(
        "CREATE TABLE plain (id int PRIMARY KEY); CREATE VIEW seen AS SELECT * FROM plain;
         CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
         CREATE TABLE gone (id int); CREATE VIEW hollow AS SELECT * FROM gone; DROP TABLE gone;
         CREATE TABLE `Odd ``Name` (`a``b` int PRIMARY KEY, `select` int)",
    );
    if is_mariadb() {
        base.run("CREATE SEQUENCE numbers; CREATE TABLE kept (id int PRIMARY KEY) WITH SYSTEM VERSIONING");
    } else {
        base.run("CREATE TABLE kept (id int PRIMARY KEY)");
    }
    let found = base.source.discover().await.unwrap();
    let name = base.name();
    assert!(found.iter().all(|schema| schema.id().schema() == Some(name)), "{found:?}");
    let mut found: Vec<_> = found.iter().map(|schema| (schema.id().name(), schema.kind())).collect();
    found.sort_by_key(|(name, _)| *name);
    let expected = [
        ("Odd `Name", RelationKind::Table),
        ("kept", RelationKind::Table),
        ("plain", RelationKind::Table),
        ("seen", RelationKind::View),
        ("whole", RelationKind::PartitionedTable),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn tables_of_other_databases_have_their_names_before_them() {
    let (base, other) =
        (Base::with("CREATE TABLE a (id int PRIMARY KEY)"), Base::with("CREATE TABLE b (id int PRIMARY KEY)"));
    base.run(&format!("GRANT SELECT ON {}.* TO {}", other.name(), base.name()));
    let found = base.source.discover().await.unwrap();
    let wanted = Wanted::tables(["a".parse().unwrap(), format!("{}.b", other.name()).parse().unwrap()]);
    let mut wanted = wanted;
    wanted.defaults.mode = Some(sync_core::plan::Mode::Full);
    let plan = plan(&wanted, &found, &base.source.capabilities());
    let names: Vec<_> = plan.tables.iter().map(|table| table.replica.name.clone()).collect();
    assert_eq!(names, ["tmp_a".to_owned(), format!("tmp_{}_b", other.name())], "{:?}", plan.problems);

    let mut config = MysqlConfig::new(base.database.reader_url());
    config.schema = Some(other.name().to_owned());
    let source = MysqlSource::new(&config).unwrap();
    assert_eq!(source.capabilities().default_schema.as_deref(), Some(other.name()));
}

#[tokio::test]
async fn the_key_is_the_best_that_the_server_proves() {
    let base = Base::with(
        "CREATE TABLE primary_key (a int, b int, c int NOT NULL UNIQUE, PRIMARY KEY (b, a));
         CREATE TABLE narrowest (a int NOT NULL, b int NOT NULL, c int NOT NULL, UNIQUE (a, b), UNIQUE (c));
         CREATE TABLE nullable (a int UNIQUE);
         CREATE TABLE beginning (a varchar(20) NOT NULL, UNIQUE (a(5)));
         CREATE TABLE none (a int NOT NULL, KEY (a))",
    );
    for (table, key) in [
        ("primary_key", vec!["b", "a"]),
        ("narrowest", vec!["c"]),
        ("nullable", vec![]),
        ("beginning", vec![]),
        ("none", vec![]),
    ] {
        let schema = base.schema(table).await;
        let found: Vec<_> = schema.key().iter().map(|position| schema.columns()[*position].name.as_str()).collect();
        assert_eq!(found, key, "{table}");
    }
}

#[tokio::test]
async fn indexes_on_whole_columns_are_kept_once_each() {
    let base = Base::with(
        "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), c text, KEY one (a), KEY again (a), UNIQUE both_of (a, b),
             KEY beginning (c(10)), FULLTEXT words (c), KEY key_again (id))",
    );
    if !is_mariadb() {
        base.run("ALTER TABLE t ADD KEY sum ((a + id))");
    }
    assert_eq!(base.schema("t").await.indexes(), [Index::new("again", ["a"]), Index::new("both_of", ["a", "b"])]);
}

#[tokio::test]
async fn columns_that_the_server_computes_or_hides_are_there() {
    let base = Base::with(
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, v int AS (a + 1) VIRTUAL, s int AS (a + 2) STORED,
             h int INVISIBLE, l varchar(5) CHARACTER SET latin1, j json)",
    );
    let schema = base.schema("t").await;
    let columns: Vec<_> = schema.columns().iter().map(|column| (column.name.as_str(), column.nullable)).collect();
    let expected = [("id", false), ("a", false), ("v", true), ("s", true), ("h", true), ("l", true), ("j", true)];
    assert_eq!(columns, expected);
    let native = |name: &str| schema.columns()[schema.position(name).unwrap()].native_type.clone();
    assert_eq!((native("l").as_str(), native("j").as_str()), ("varchar(5) character set latin1", "json"));
}

#[tokio::test]
async fn a_column_whose_values_are_made_otherwise_has_another_shape() {
    let base = Base::with(
        "CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 1) VIRTUAL, c varchar(5) COLLATE utf8mb4_bin)",
    );
    let before = base.schema("t").await;
    base.run(
        "ALTER TABLE t DROP v, ADD v int AS (a + 2) VIRTUAL AFTER a, MODIFY c varchar(5) COLLATE utf8mb4_general_ci",
    );
    let after = base.schema("t").await;
    let changed: Vec<_> = before
        .columns()
        .iter()
        .zip(after.columns())
        .filter(|(before, after)| before.shape != after.shape)
        .map(|(before, _)| before.name.as_str())
        .collect();
    assert_eq!(changed, ["v", "c"]);
}

#[tokio::test]
async fn what_innodb_does_not_keep_is_read_whole() {
    let base = Base::with(
        "CREATE TABLE old (id int PRIMARY KEY) ENGINE = MyISAM; CREATE TABLE new (id int PRIMARY KEY) ENGINE = InnoDB",
    );
    let caveat = base.schema("old").await.only_whole().cloned().unwrap();
    let remedy = format!("run ALTER TABLE `{}`.`old` ENGINE = InnoDB", base.name());
    assert_eq!((caveat.reason.as_str(), caveat.remedy), ("it is kept by MyISAM", remedy));
    assert_eq!(base.schema("new").await.only_whole(), None);
    base.run("ALTER TABLE old ENGINE = InnoDB");
    assert_eq!(base.schema("old").await.only_whole(), None);
}
