//! Columns and rows are kept as they were chosen, and verify agrees.

use crate::case::Case;

const PEOPLE: &str =
    "CREATE TABLE people (id int PRIMARY KEY, tenant int NOT NULL, email text, salary numeric(12,2), secret text,
        updated_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX people_by_tenant ON people (tenant, id);
    INSERT INTO people SELECT n, n % 3, 'p' || n || '@example.org', n / 4.0, 'hidden' FROM generate_series(1, 300) n";

fn verify(case: &Case) {
    let verified = case.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn columns_are_left_out_renamed_masked_and_read_as_text() {
    let case = Case::new(PEOPLE);
    case.configure(
        "tables = [\"people\"]
         [table.people.columns]
         email = { mask = \"hash\", rename = \"email_hash\" }
         salary = { as = \"text\" }
         secret = { exclude = true }",
    );
    case.sync();
    assert_eq!(
        case.query("SELECT name FROM pragma_table_info('tmp_people')"),
        "id\ntenant\nemail_hash\nsalary\nupdated_at"
    );
    let theirs = case.ask("SELECT id, encode(sha256(email::bytea), 'hex'), salary::text FROM people ORDER BY id");
    assert_eq!(case.query("SELECT id, email_hash, salary FROM tmp_people ORDER BY id"), theirs);
    let index = case.query("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'tmp_people'");
    assert_eq!(index, "tmp_data_sync_index_tmp_people.people_by_tenant");
    verify(&case);
    case.sql("UPDATE people SET email = NULL, salary = 1 WHERE id = 7; DELETE FROM people WHERE id = 8");
    case.sync();
    verify(&case);
    assert_eq!(case.query("SELECT email_hash IS NULL, salary FROM tmp_people WHERE id IN (7, 8)"), "1|1.00");
}

#[test]
fn rows_enter_and_leave_the_filter() {
    let case = Case::new(PEOPLE);
    case.configure("tables = [\"people\"]\n[table.people]\nwhere = \"tenant = 1 -- mine\"");
    case.sync();
    let check = || {
        let theirs = case.ask("SELECT id, email FROM people WHERE tenant = 1 ORDER BY id");
        assert_eq!(case.query("SELECT id, email FROM tmp_people ORDER BY id"), theirs);
        verify(&case);
    };
    check();
    case.sql(
        "UPDATE people SET tenant = 2, updated_at = now() WHERE id = 1; UPDATE people SET tenant = 2 WHERE id = 4",
    );
    case.sql(
        "UPDATE people SET tenant = 1, updated_at = now() WHERE id = 2; UPDATE people SET tenant = 1 WHERE id = 3",
    );
    case.sql("DELETE FROM people WHERE id = 7; INSERT INTO people VALUES (1000, 1, 'new'), (1001, 0, 'other')");
    case.sync();
    check();
}

#[test]
fn a_filter_that_is_no_condition_is_named() {
    let case = Case::new(PEOPLE);
    for filter in ["tenat = 1", "1) OR (1 = 1", "1; DROP TABLE people"] {
        case.configure(&format!("tables = [\"people\"]\n[table.people]\nwhere = \"{filter}\""));
        let ran = case.run(&["sync"]);
        assert_eq!(ran.code, 1, "{filter}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("is no condition on this table"), "{filter}: {}", ran.stderr);
    }
    assert_eq!(case.ask("SELECT count(*) FROM people"), "300");
}
