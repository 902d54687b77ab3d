//! `data-sync check`: what would be done, and what can be promised.

use serde_json::{Value, json};
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
    assert_eq!(line("plain"), ["updated_at, id", "unknown", "no", "lossless"]);
    assert_eq!(line("swept"), ["a sweep", "lossless"]);
    let full = "bounded by 7 s: mode = \"full\" is set, so it is read whole each time; leave `mode` out";
    assert_eq!(line("whole"), ["a full read", full]);
    let json: Value = serde_json::from_str(&run(folder.path(), &["check", "--json"]).stdout).unwrap();
    let tables = json["sources"][0]["tables"].as_array().unwrap();
    let whole = tables.iter().find(|table| table["table"] == "public.whole").unwrap();
    assert_eq!((&whole["mode"], &whole["cursor_columns"]), (&json!("full"), &json!([])), "it is read by none");
    assert_eq!(
        line("kept"),
        ["updated_at, id", "unknown", "no", "bounded by nothing: deletes = \"ignore\" is set; leave `deletes` out"]
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
    let promised = plain.last().unwrap();
    assert!(promised.starts_with("bounded by 3600 s: ") && promised.ends_with(&grant), "{plain:?}");
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

/// `renewed` and `cursor_is_indexed` of each table, and what is told of the source.
fn surveyed(config: &str) -> (Vec<(String, Value, Value)>, Value) {
    let folder = folder(config);
    let text = run(folder.path(), &["check"]).stdout;
    let json: Value = serde_json::from_str(&run(folder.path(), &["check", "--json"]).stdout).unwrap();
    let source = json["sources"][0].clone();
    let named = format!("the server's time zone is {}", source["time_zone"].as_str().unwrap());
    let way =
        if source["encrypted"] == true { "the connection is encrypted" } else { "the connection is not encrypted" };
    assert!(text.contains(&named) && text.contains(way), "{text}");
    let tables = source["tables"].as_array().unwrap().iter().map(|table| {
        let name = table["table"].as_str().unwrap().split_once('.').unwrap().1.to_owned();
        let (renewed, indexed) = (table["cursor_renewed_by"].clone(), table["cursor_is_indexed"].clone());
        let line = text.lines().find(|line| line.contains(&format!("tmp_{name} "))).unwrap();
        let shown = match renewed["kind"].as_str() {
            Some("definition") => "its definition".to_owned(),
            Some("trigger") => format!("trigger {}", renewed["trigger"].as_str().unwrap()),
            other => other.unwrap_or_default().to_owned(),
        };
        let indexed_word = if indexed == true { "yes" } else { "no" };
        assert!(line.contains(&shown) && (indexed.is_null() || line.contains(indexed_word)), "{line}");
        (name, renewed, indexed)
    });
    (tables.collect(), source)
}

#[test]
fn what_renews_a_cursor_column_and_whether_it_is_indexed_is_told() {
    let database = Postgres::shared().database().unwrap();
    database
        .execute(
            "CREATE TABLE stamped (id int PRIMARY KEY, updated_at timestamptz NOT NULL);
             CREATE INDEX ON stamped (updated_at, id);
             CREATE TABLE wrong (id int PRIMARY KEY, updated_at timestamptz NOT NULL, updated_at_utc text);
             CREATE TABLE off (LIKE wrong INCLUDING ALL); CREATE TABLE none (a int, b int, PRIMARY KEY (a, b));
             CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
             CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at_utc := 1; RETURN NEW; END';
             CREATE TRIGGER \"the touch\" BEFORE UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION touch();
             CREATE TRIGGER wrong BEFORE UPDATE ON wrong FOR EACH ROW EXECUTE FUNCTION other();
             CREATE TRIGGER late AFTER UPDATE ON wrong FOR EACH ROW EXECUTE FUNCTION touch();
             CREATE TRIGGER off BEFORE UPDATE ON off FOR EACH ROW EXECUTE FUNCTION touch();
             ALTER TABLE off DISABLE TRIGGER off",
        )
        .unwrap();
    let url = database.url();
    let (mut tables, source) = surveyed(&format!("tables = [\"*\"]\n[source]\nurl = \"{url}\"\n"));
    tables.sort_by(|a, b| a.0.cmp(&b.0));
    let unknown = || json!({"kind": "unknown"});
    let expected = [
        ("none".to_owned(), json!(null), json!(null)),
        ("off".to_owned(), unknown(), json!(false)),
        ("stamped".to_owned(), json!({"kind": "trigger", "trigger": "the touch"}), json!(true)),
        ("wrong".to_owned(), unknown(), json!(false)),
    ];
    assert_eq!(tables, expected);
    assert_eq!(source["encrypted"], true);
    let (_, bare) = surveyed(&format!("tables = [\"none\"]\n[source]\nurl = \"{url}?sslmode=disable\"\n"));
    assert_eq!(bare["encrypted"], false);
}

#[test]
fn what_renews_a_column_of_mysql_is_told() {
    let database = Mysql::shared(Transactions::Visible).database().unwrap();
    database
        .execute(
            "CREATE TABLE defined (id int PRIMARY KEY, updated_at timestamp(6) NOT NULL DEFAULT now(6) ON UPDATE now(6));
             CREATE TABLE touched (id int PRIMARY KEY, updated_at timestamp NOT NULL DEFAULT '2020-01-01', KEY (updated_at));
             CREATE TRIGGER touch BEFORE UPDATE ON touched FOR EACH ROW SET NEW.updated_at = now();
             CREATE TABLE untouched (id int PRIMARY KEY, updated_at timestamp NOT NULL DEFAULT '2020-01-01')",
        )
        .unwrap();
    let url = database.url();
    let (mut tables, _) = surveyed(&format!("tables = [\"*\"]\n[source]\nurl = \"{url}\"\n"));
    tables.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("defined".to_owned(), json!({"kind": "definition"}), json!(false)),
        ("touched".to_owned(), json!({"kind": "trigger", "trigger": "touch"}), json!(true)),
        ("untouched".to_owned(), json!({"kind": "unknown"}), json!(false)),
    ];
    assert_eq!(tables, expected);
}
