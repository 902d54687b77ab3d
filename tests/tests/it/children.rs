//! A table from which others inherit is kept as it was asked for, and verify agrees.

use crate::case::Case;

const FAMILY: &str =
    "CREATE TABLE places (id int PRIMARY KEY, name text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE towns (people int) INHERITS (places);
    INSERT INTO places SELECT n, 'place ' || n FROM generate_series(1, 200) n;
    INSERT INTO towns SELECT n, 'town ' || n FROM generate_series(100, 300) n";

fn rows(case: &Case) -> String {
    case.query("SELECT id, name FROM tmp_places ORDER BY id, name")
}

fn verify(case: &Case) {
    let verified = case.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn a_parent_is_kept_with_its_children_or_alone_and_changes_its_mind() {
    let case = Case::postgres(FAMILY);
    case.configure("tables = [\"places\"]");
    case.sync();
    assert_eq!(rows(&case), case.ask("SELECT id, name FROM places ORDER BY id, name"));
    let check = case.run(&["check"]).stdout;
    assert!(
        check.contains("no key spans the tables that inherit from it, so it is read whole each time; set children = false to keep its own rows alone"),
        "{check}"
    );

    case.configure("tables = [\"places\"]\n[table.places]\nchildren = false");
    case.sync();
    let own = || case.ask("SELECT id, name FROM ONLY places ORDER BY id, name");
    assert_eq!(rows(&case), own());
    let check = case.run(&["check"]).stdout;
    assert!(check.contains("lossless") && !check.contains("bounded"), "{check}");
    case.sql(
        "UPDATE places SET name = name || '!' WHERE id % 7 = 0; DELETE FROM places WHERE id % 11 = 0;
         CREATE TABLE hamlets () INHERITS (places); INSERT INTO hamlets VALUES (1, 'hamlet', '2020-01-01')",
    );
    let ran = case.run(&["sync"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("copying again"), "{}", ran.stderr);
    assert_eq!(rows(&case), own());
    verify(&case);

    case.configure("tables = [\"places\"]");
    case.sync();
    assert_eq!(rows(&case), case.ask("SELECT id, name FROM places ORDER BY id, name"));
    verify(&case);
}

#[test]
fn what_has_no_children_can_not_be_kept_without_them() {
    let case = Case::postgres(
        "CREATE TABLE plain (id int PRIMARY KEY); CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id)",
    );
    case.configure("tables = [\"plain\", \"whole\"]\n[table.plain]\nchildren = false\n[table.whole]\nchildren = false");
    let ran = case.run(&["check"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    for expected in [
        "table public.plain: children = false is set, and no table inherits from it; leave `children` out",
        "table public.whole: children = false leaves nothing of it: all its rows are in its partitions; leave `children` out, or name \
         the partitions that you want",
    ] {
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
