//! `data-sync check`: what would be done, and what can be promised.

use test_servers::{Mysql, Postgres, Transactions};

use crate::command::{folder, run};

#[test]
fn each_table_has_its_guarantee_with_the_reason_and_the_remedy() {
    let database = Postgres::shared().database().unwrap();
    let tables = ["plain", "whole", "kept"];
    for table in tables {
        database
            .execute(&format!("CREATE TABLE {table} (id int PRIMARY KEY, updated_at timestamptz NOT NULL)"))
            .unwrap();
    }
    database.execute("CREATE TABLE swept (a int, b int, PRIMARY KEY (a, b))").unwrap();
    let config = format!(
        "tables = [\"*\"]\nsync_interval = 7\n[source]\nurl = \"{}\"\n[table.whole]\nmode = \"full\"\n\
         [table.kept]\ndeletes = \"ignore\"\n",
        database.url()
    );
    let folder = folder(&config);
    let ran = run(folder.path(), &["check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let line = |table: &str| {
        let line = ran.stdout.lines().find(|line| line.starts_with(&format!("public.{table} "))).unwrap();
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).skip(2).collect::<Vec<_>>()
    };
    assert_eq!(line("plain"), ["updated_at, id", "lossless"]);
    assert_eq!(line("swept"), ["a sweep", "lossless"]);
    let full = "bounded by 7 s: mode = \"full\" is set, so it is read whole each time; leave `mode` out";
    assert_eq!(line("whole"), ["a full read", full]);
    assert_eq!(
        line("kept"),
        ["updated_at, id", "bounded by nothing: deletes = \"ignore\" is set; leave `deletes` out"]
    );
}

/// The same lines for another kind of server.
#[test]
fn tables_of_mysql_have_their_guarantees_too() {
    let database = Mysql::shared(Transactions::Visible).database().unwrap();
    database
        .execute(
            "CREATE TABLE plain (id int PRIMARY KEY, updated_at timestamp NOT NULL);
             CREATE TABLE old (id int PRIMARY KEY) ENGINE = MyISAM; CREATE VIEW seen AS SELECT 1 AS one",
        )
        .unwrap();
    let config = format!("tables = [\"*\"]\nsync_interval = 7\n[source]\nurl = \"{}\"\n", database.reader_url());
    let folder = folder(&config);
    let ran = run(folder.path(), &["check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let name = database.name();
    let line = |table: &str| {
        let line = ran.stdout.lines().find(|line| line.starts_with(&format!("{name}.{table} "))).unwrap();
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let plain = line("plain");
    assert_eq!((plain[1].as_str(), plain[2].as_str()), ("tmp_plain", "updated_at, id"));
    let grant = format!("run GRANT SELECT ON performance_schema.* TO `{name}`@`%`");
    assert!(plain[4].starts_with("bounded by 3600 s: ") && plain[4].ends_with(&grant), "{plain:?}");
    let whole = "so it is read whole each time";
    assert_eq!(
        line("old").last().unwrap().as_str(),
        format!("bounded by 7 s: it is kept by MyISAM, {whole}; run ALTER TABLE `{name}`.`old` ENGINE = InnoDB")
    );
    assert_eq!(
        line("seen").last().unwrap().as_str(),
        format!("bounded by 7 s: it is a view, {whole}; sync the tables below it")
    );
}

#[test]
fn what_an_extension_brought_is_listed_and_not_taken_by_a_pattern() {
    let database = Postgres::shared().database().unwrap();
    database.execute("CREATE TABLE own (id int PRIMARY KEY); CREATE EXTENSION pg_buffercache").unwrap();
    let source = format!("[source]\nurl = \"{}\"\n", database.url());
    let config = folder(&format!("tables = [\"public.*\"]\n{source}"));
    let ran = run(config.path(), &["check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(!ran.stdout.contains("tmp_pg_buffercache"), "{}", ran.stdout);
    let line = "not taken  public.pg_buffercache: it belongs to extension pg_buffercache; name it to have it";
    assert!(ran.stdout.lines().any(|shown| shown == line), "{}", ran.stdout);

    let ran = run(folder(&source).path(), &["check"]);
    assert!(ran.stdout.contains("it belongs to extension pg_buffercache"), "{}", ran.stdout);
    assert!(ran.stderr.contains("add tables = [\"own\"]"), "{}", ran.stderr);
}
