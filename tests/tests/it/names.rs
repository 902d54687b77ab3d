//! Names are names: whatever stands in them is never run.

use crate::case::Case;
use crate::server::{Server, on_each_server};

on_each_server!(odd_names_work_and_never_run);

fn odd_names_work_and_never_run(server: Server) {
    let case = Case::new(
        server,
        r#"CREATE TABLE "order" (id int PRIMARY KEY, "order" text, "group" int);
           CREATE TABLE "Weird ""Name""" (id int PRIMARY KEY, "a ""b"" c" text);
           CREATE TABLE "'; drop table x; --" (id int PRIMARY KEY, "'; drop table x; --" text);
           CREATE TABLE x (id int PRIMARY KEY);
           INSERT INTO "order" VALUES (1, 'first', 2); INSERT INTO "Weird ""Name""" VALUES (1, 'weird');
           INSERT INTO "'; drop table x; --" VALUES (1, 'dropped'); INSERT INTO x VALUES (1)"#,
    );
    case.configure(r#"tables = ["order", 'Weird "Name"', "'; drop table x; --", "x"]"#);
    case.sync();
    assert_eq!(case.ask("SELECT count(*) FROM x"), "1");
    assert_eq!(case.query(r#"SELECT "order", "group" FROM tmp_order"#), "first|2");
    assert_eq!(case.query(r#"SELECT "a ""b"" c" FROM "tmp_Weird ""Name""""#), "weird");
    assert_eq!(case.query(r#"SELECT "'; drop table x; --" FROM "tmp_'; drop table x; --""#), "dropped");
    case.sql(r#"UPDATE "order" SET "group" = 3; DELETE FROM x; INSERT INTO x VALUES (2)"#);
    case.sync();
    assert_eq!(case.query(r#"SELECT "order", "group" FROM tmp_order"#), "first|3");
}

#[test]
fn odd_schemas_work_too() {
    let case = Case::postgres(
        r#"CREATE SCHEMA "Od d"; CREATE TABLE "Od d"."t.t" (id int PRIMARY KEY); INSERT INTO "Od d"."t.t" VALUES (5)"#,
    );
    case.configure(r#"tables = ['Od d."t.t"']"#);
    case.sync();
    assert_eq!(case.query(r#"SELECT id FROM "tmp_Od d_t.t""#), "5");
}

#[test]
fn replicas_are_named_after_schema_and_table() {
    let case = Case::postgres(
        "CREATE SCHEMA audit; CREATE SCHEMA s1;
         CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE products (id int PRIMARY KEY);
         CREATE TABLE audit.logs (id int PRIMARY KEY); CREATE TABLE s1.x (id int PRIMARY KEY); CREATE TABLE s1.y (id int PRIMARY KEY);",
    );
    case.configure(
        r#"tables = ["users", "public.products", "audit.*", { name = "x", schema = "s1" }, { name = "s2.y", schema = "s1" }]"#,
    );
    case.sync();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'tmp_data_sync%' ORDER BY name";
    assert_eq!(case.query(names), "tmp_audit_logs\ntmp_products\ntmp_s1_x\ntmp_s1_y\ntmp_users");
}
