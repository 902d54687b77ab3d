//! What can't be followed is read whole each time; what can be deleted is.

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::server::{Server, on_each_server};

on_each_server!(
    tables_without_a_key_and_views_are_read_whole,
    deleted_rows_and_old_keys_leave_the_replica,
    keys_that_change_alone_leave_nothing_behind,
    keys_of_every_kind_are_compared
);

/// The rows of both sides, as texts in one order.
fn assert_same(case: &Case, table: &str, columns: &str, order: &str) {
    let theirs = case.ask(&format!("SELECT {columns} FROM {table} ORDER BY {order}"));
    assert_eq!(case.query(&format!("SELECT {columns} FROM tmp_{table} ORDER BY {order}")), theirs, "{table}");
}

fn tables_without_a_key_and_views_are_read_whole(server: Server) {
    let case = Case::new(
        server,
        "CREATE TABLE words (word text);
         INSERT INTO words VALUES ('twice'), ('twice'), (NULL), ('once');
         CREATE TABLE people (id int PRIMARY KEY, name text);
         INSERT INTO people VALUES (1, 'Ada'), (2, 'Grace');
         CREATE VIEW names AS SELECT upper(name) AS name FROM people",
    );
    case.configure("tables = [\"words\", \"names\"]");
    let check = || {
        assert_same(&case, "words", "word", "word");
        assert_same(&case, "names", "name", "name");
    };
    case.sync();
    // NULL sorts elsewhere in SQLite, so one row of it has to be enough to compare.
    case.sql("DELETE FROM words WHERE word IS NULL");
    case.sync();
    check();
    case.sql(
        "DELETE FROM words WHERE word = 'twice'; INSERT INTO words VALUES ('twice');
         UPDATE people SET name = 'Barbara' WHERE id = 1; INSERT INTO people VALUES (3, 'Edith')",
    );
    case.sync();
    check();
    case.sql("TRUNCATE TABLE words; TRUNCATE TABLE people");
    case.sync();
    check();
    assert_eq!(case.query("SELECT count(*) FROM tmp_words"), "0", "an empty table is a table");
}

#[test]
fn materialized_views_and_inheritance_are_read_whole() {
    let case = Case::postgres(
        "CREATE TABLE people (id int PRIMARY KEY);
         INSERT INTO people VALUES (1), (2);
         CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS n FROM people;
         CREATE TABLE parent (a int); CREATE TABLE child (PRIMARY KEY (a)) INHERITS (parent);
         INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1), (2)",
    );
    case.configure("tables = [\"counts\", \"parent\"]");
    let check = || {
        case.sync();
        assert_same(&case, "counts", "n", "n");
        assert_same(&case, "parent", "a", "a");
    };
    check();
    case.sql("DELETE FROM child WHERE a = 1; INSERT INTO people VALUES (3); REFRESH MATERIALIZED VIEW counts");
    check();
    case.sql("TRUNCATE people; TRUNCATE parent; REFRESH MATERIALIZED VIEW counts");
    check();
}

fn deleted_rows_and_old_keys_leave_the_replica(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 3000)");
    case.configure("tables = [\"orders\"]");
    case.sync();
    case.sql("DELETE FROM orders WHERE id % 7 = 0; UPDATE orders SET id = id + 100000 WHERE id % 11 = 1");
    case.sync();
    assert_orders_equal(&case);
}

fn keys_that_change_alone_leave_nothing_behind(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 300)");
    // Without a sweep, old keys and new ones are found together: all that there was is gone then.
    case.configure("max_delete_fraction = 1.0\ntables = [\"orders\"]");
    case.sync();
    case.sql("UPDATE orders SET id = -id");
    case.sync();
    assert_orders_equal(&case);
}

const POSTGRES_KEYS: &str = "
CREATE TABLE texts (k text COLLATE \"en-x-icu\" PRIMARY KEY); CREATE TABLE bytes (k bytea PRIMARY KEY);
CREATE TYPE mood AS ENUM ('sad', 'happy', 'angry'); CREATE TABLE moods (k mood PRIMARY KEY);
INSERT INTO texts SELECT chr(65 + g % 26) || chr(97 + g % 25) || g || 'ä' FROM generate_series(1, 2000) g;
INSERT INTO bytes SELECT decode(md5(CAST(g AS text)), 'hex') FROM generate_series(1, 2000) g";

/// Texts that a collation takes for equal are one key there.
const MARIADB_KEYS: &str = "
CREATE TABLE texts (k varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY);
CREATE TABLE bytes (k varbinary(16) PRIMARY KEY); CREATE TABLE moods (k enum('sad', 'happy', 'angry') PRIMARY KEY);
INSERT INTO texts SELECT char(65 + g % 26 USING utf8mb4) || char(97 + g % 25 USING utf8mb4) || g || 'ä' FROM generate_series(1, 2000) g;
INSERT INTO bytes SELECT unhex(md5(g)) FROM generate_series(1, 2000) g";

const KEYS: &str = "
CREATE TABLE moments (k timestamptz PRIMARY KEY); CREATE TABLE digits (k numeric(30,16) PRIMARY KEY);
CREATE TABLE uuids (k uuid PRIMARY KEY); CREATE TABLE pairs (a varchar(50), b int, PRIMARY KEY (b, a));
INSERT INTO moments SELECT timestamp '2024-01-01 00:00:00' + 1000001 * g * interval '1 microsecond' FROM generate_series(1, 2000) g;
INSERT INTO digits SELECT g / 7.0 - 100 FROM generate_series(1, 2000) g;
INSERT INTO pairs SELECT 'p' || (g % 77) || '/' || g, g % 10 FROM generate_series(1, 2000) g;
INSERT INTO moods VALUES ('sad'), ('happy'), ('angry')";

fn keys_of_every_kind_are_compared(server: Server) {
    let (own, uuid, text) = match server {
        Server::Postgres => (POSTGRES_KEYS, "md5(CAST(g AS text))::uuid", "text"),
        Server::Mariadb(_) => (MARIADB_KEYS, "insert(insert(md5(g), 13, 1, '4'), 17, 1, 'a')", "char"),
    };
    let case = Case::new(server, own);
    case.sql(KEYS);
    case.sql(&format!("INSERT INTO uuids SELECT {uuid} FROM generate_series(1, 2000) g"));
    let tables = ["texts", "moments", "digits", "uuids", "bytes", "pairs", "moods"];
    let names = tables.map(|table| format!("\"{table}\"")).join(", ");
    let pairs = match server {
        Server::Postgres => "",
        // Nothing in it could be a poll's cursor.
        Server::Mariadb(_) => "[table.pairs]\nmode = \"full\"",
    };
    case.configure(&format!("tables = [{names}]\n{pairs}"));
    case.sync();
    for table in tables.iter().filter(|table| **table != "moods") {
        case.sql(&match server {
            Server::Postgres => format!(
                "DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} ORDER BY md5({table}::text) LIMIT 123)"
            ),
            Server::Mariadb(_) => {
                let key = if *table == "pairs" { "a" } else { "k" };
                format!("DELETE FROM {table} ORDER BY md5({key}) LIMIT 123")
            }
        });
    }
    case.sql("DELETE FROM moods WHERE k = 'happy'");
    case.sync();
    for table in tables {
        let theirs = case.ask(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(case.query(&format!("SELECT count(*) FROM tmp_{table}")), theirs, "{table}");
    }
    let verified = case.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    for (table, column) in [("texts", "k"), ("uuids", "k"), ("digits", "k"), ("pairs", "a")] {
        let theirs = case.ask(&format!("SELECT CAST({column} AS {text}) FROM {table}"));
        let mut theirs: Vec<&str> = theirs.lines().collect();
        theirs.sort_unstable();
        let ours = case.query(&format!("SELECT {column} FROM tmp_{table} ORDER BY {column}"));
        assert_eq!(ours.lines().collect::<Vec<_>>(), theirs, "{table}");
    }
}
