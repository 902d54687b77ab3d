//! A login that may see only some rows must not take them for all.

use crate::case::Case;
use crate::compare::assert_same;

#[test]
fn row_security_stops_the_table_with_a_reason_and_loses_nothing() {
    let case = Case::postgres(
        "CREATE TABLE accounts (id int PRIMARY KEY, owner text, updated_at timestamptz NOT NULL DEFAULT now());
         INSERT INTO accounts SELECT g, 'owner ' || g % 3 FROM generate_series(1, 90) g;",
    );
    let role = format!("reader_{}", case.database.name());
    case.sql(&format!("CREATE ROLE \"{role}\" LOGIN PASSWORD 'pass'; GRANT SELECT ON accounts TO \"{role}\""));
    let url = case.database.url_as(&role, "pass");
    let config = format!("tables = [\"accounts\"]\n[source]\nurl = \"{url}\"\n");
    std::fs::write(case.folder.path().join("data-sync.toml"), config).unwrap();
    case.sync();
    assert_same(&case, "id, owner", "accounts");

    case.sql("CREATE POLICY own ON accounts USING (owner = 'owner 1'); ALTER TABLE accounts ENABLE ROW LEVEL SECURITY");
    case.sql("UPDATE accounts SET owner = 'owner 4', updated_at = now() WHERE id <= 10");
    for _ in 0..2 {
        let ran = case.run(&["sync"]);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        let named = ran.stderr.lines().any(|line| line.contains("accounts") && line.contains("row"));
        assert!(named && ran.stderr.contains("security"), "{}", ran.stderr);
        assert_eq!(case.query("SELECT count(*) FROM tmp_accounts"), "90");
    }

    case.sql("ALTER TABLE accounts DISABLE ROW LEVEL SECURITY");
    case.sync();
    assert_same(&case, "id, owner", "accounts");
    case.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}
