//! Columns and rows are kept as they were chosen, and verify agrees.

use crate::case::Case;
use crate::server::{Server, on_each_server};

on_each_server!(
    columns_are_left_out_renamed_masked_and_read_as_text,
    numbers_have_the_form_that_was_chosen_and_an_index_holds_them,
    a_changed_table_is_frozen_until_it_is_resynced,
    a_filter_that_is_no_condition_is_named,
    wishes_that_can_not_be_met_are_told_together_and_other_tables_sync,
    a_changed_table_stops_or_is_followed_as_it_was_chosen,
    rows_enter_and_leave_the_filter,
    another_condition_is_another_table,
    some_columns_are_chosen_and_others_come_when_they_are,
);

const PEOPLE: &str =
    "CREATE TABLE people (id int PRIMARY KEY, tenant int NOT NULL, email varchar(100), salary numeric(12,2),
        secret varchar(100), updated_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX people_by_tenant ON people (tenant, id);
    CREATE UNIQUE INDEX people_by_email ON people (email);
    CREATE INDEX people_by_secret ON people (secret, id);
    INSERT INTO people (id, tenant, email, salary, secret)
        SELECT g, g % 3, 'p' || g || '@example.org', g / 4.0, 'hidden' FROM generate_series(1, 300) g";

fn verify(case: &Case) {
    let verified = case.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
}

/// What a sync that must fail for a table says.
fn refused(case: &Case, config: &str) -> String {
    case.configure(config);
    let ran = case.run(&["sync"]);
    assert_eq!(ran.code, 1, "{config}: {}{}", ran.stdout, ran.stderr);
    ran.stderr
}

fn columns(case: &Case) -> String {
    case.query("SELECT group_concat(name, ' ') FROM pragma_table_info('tmp_people')")
}

fn indexes(case: &Case) -> String {
    case.query(
        "SELECT name, (SELECT group_concat(name) FROM pragma_index_info(m.name)) FROM sqlite_schema m
         WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
    )
}

fn columns_are_left_out_renamed_masked_and_read_as_text(server: Server) {
    let case = Case::new(server, PEOPLE);
    case.configure(
        "tables = [\"people\"]
         [table.people.columns]
         id = { rename = \"Number\" }
         email = { mask = \"hash\", rename = \"email_hash\" }
         salary = { as = \"text\" }
         tenant = { mask = \"null\" }
         secret = { exclude = true }",
    );
    case.sync();
    assert_eq!(columns(&case), "Number tenant email_hash salary updated_at");
    let hash = match server {
        Server::Postgres => "encode(sha256(email::bytea), 'hex')",
        Server::Mariadb(_) => "sha2(email, 256)",
    };
    let check = || {
        let theirs = case.ask(&format!("SELECT id, {hash}, concat(salary) FROM people ORDER BY id"));
        assert_eq!(case.query("SELECT Number, email_hash, salary FROM tmp_people ORDER BY Number"), theirs);
        verify(&case);
    };
    check();
    assert_eq!(case.query("SELECT count(tenant), typeof(max(salary)) FROM tmp_people"), "0|text");
    let copied = "tmp_data_sync_index_tmp_people.people_by_email|email_hash\n\
                  tmp_data_sync_index_tmp_people.people_by_tenant|tenant,Number";
    assert_eq!(indexes(&case), copied, "one with a column that is left out has no use");
    let plan = case.query("EXPLAIN QUERY PLAN SELECT Number FROM tmp_people WHERE email_hash = 'x'");
    assert!(plan.contains("people_by_email (email_hash=?)"), "{plan}");

    case.sql(
        "UPDATE people SET email = NULL, salary = 1 WHERE id = 7; DELETE FROM people WHERE id = 8;
         UPDATE people SET email = 'late', updated_at = now() WHERE id = 9",
    );
    case.sync();
    check();
    assert_eq!(case.query("SELECT email_hash IS NULL, salary FROM tmp_people WHERE Number IN (7, 8)"), "1|1.00");
    let file = std::fs::read(case.replica_path()).unwrap();
    for hidden in ["hidden", "p300@example.org"] {
        assert!(!file.windows(hidden.len()).any(|bytes| bytes == hidden.as_bytes()), "{hidden}");
    }
}

/// With kinds of index that PostgreSQL alone has.
#[test]
fn an_index_that_comes_later_is_made_without_a_copy() {
    let case = Case::postgres(PEOPLE);
    case.configure("tables = [\"people\"]");
    case.sync();
    let before = indexes(&case);
    let sync = || {
        let ran = case.sync();
        assert!(!ran.stderr.contains("copying again"), "{}", ran.stderr);
    };
    let writer = rusqlite::Connection::open(case.replica_path()).unwrap();
    writer.execute_batch("CREATE INDEX tmp_mine ON tmp_people (salary)").unwrap();
    case.sql(
        "CREATE INDEX by_mail ON people (lower(email)) WHERE tenant = 1 AND salary IS NOT NULL; DROP INDEX people_by_tenant;
         CREATE INDEX by_half ON people ((salary / 2)); CREATE INDEX by_range ON people USING brin (id);
         UPDATE people SET email = 'LATE' WHERE id = 1",
    );
    sync();
    let now = indexes(&case);
    assert!(
        now.contains("tmp_people.by_mail|") && now.contains("people_by_email") && now.contains("tmp_mine"),
        "{now}"
    );
    assert!(!now.contains("people_by_tenant") && !now.contains("by_half"), "{now}");
    let by_mail = "SELECT id FROM tmp_people WHERE lower(email) = 'late' AND tenant = 1 AND salary IS NOT NULL";
    let plan = case.query(&format!("EXPLAIN QUERY PLAN {by_mail}"));
    assert!(plan.contains("tmp_people.by_mail"), "{plan}");
    assert_eq!(case.query(by_mail), "1");
    let check = case.run(&["check"]).stdout;
    for line in [
        "no index   by_half of public.people: its expression has no counterpart",
        "no index   by_range of public.people: indexes of kind brin have no counterpart",
    ] {
        assert!(check.lines().any(|shown| shown == line), "{check}");
    }

    case.sql("DROP INDEX by_mail; CREATE INDEX people_by_tenant ON people (tenant, id)");
    sync();
    assert_eq!(indexes(&case).replace("tmp_mine|salary", "").trim(), before);
    case.configure("tables = [\"people\"]\nindexes = false");
    sync();
    assert_eq!(indexes(&case), "tmp_mine|salary");
    verify(&case);
}

fn some_columns_are_chosen_and_others_come_when_they_are(server: Server) {
    let case = Case::new(server, PEOPLE);
    case.configure("tables = [\"people\"]\nindexes = false\n[table.people]\nonly_columns = [\"salary\", \"id\"]");
    case.sync();
    assert_eq!((columns(&case), indexes(&case)), ("id salary".to_owned(), String::new()));
    verify(&case);
    // No column tells when a row was changed.
    case.sql(
        "UPDATE people SET salary = salary + 1 WHERE id < 10; ALTER TABLE people ADD COLUMN more varchar(9) DEFAULT 'x'",
    );
    case.sync();
    assert_eq!(columns(&case), "id salary");
    assert_eq!(
        case.query("SELECT sum(salary) FROM tmp_people"),
        case.ask("SELECT CAST(sum(salary) AS decimal(20,1)) FROM people")
    );
    verify(&case);

    case.configure("tables = [\"people\"]\n[table.people]\nonly_columns = [\"salary\", \"id\", \"tenant\", \"more\"]");
    case.sync();
    assert_eq!(columns(&case), "id tenant salary more");
    assert_eq!(indexes(&case), "tmp_data_sync_index_tmp_people.people_by_tenant|tenant,id");
    assert_eq!(case.query("SELECT count(*), sum(tenant) FROM tmp_people WHERE more = 'x'"), "300|300");
    verify(&case);
}

fn numbers_have_the_form_that_was_chosen_and_an_index_holds_them(server: Server) {
    let any = match server {
        Server::Postgres => "numeric",
        // It has none without bounds.
        Server::Mariadb(_) => "numeric(50,20)",
    };
    let case = Case::new(
        server,
        &format!(
            "CREATE TABLE sums (id {any} PRIMARY KEY, short numeric(12,2), wide {any}, own {any}, approx float8);
             CREATE INDEX sums_by_wide ON sums (wide);
             INSERT INTO sums VALUES (1.10, 1.50, 0.12345678901234567890, 3.0, 0.1), (2, -0.05, 1e20, 4, 1e300),
                (3, NULL, NULL, NULL, NULL)"
        ),
    );
    let with = |numeric: &str| {
        case.configure(&format!(
            "numeric = \"{numeric}\"\ntables = [\"sums\"]\n[table.sums.columns]\nown = {{ as = \"integer\" }}"
        ));
        case.sync();
        verify(&case);
        case.query("SELECT typeof(short), typeof(wide), typeof(own), typeof(approx) FROM tmp_sums WHERE own = 4")
    };
    assert_eq!(with("text"), "text|text|integer|real");
    let theirs =
        case.ask("SELECT concat(id), concat(short), concat(wide), CAST(own AS decimal(20)) FROM sums ORDER BY id");
    assert_eq!(case.query("SELECT id, short, wide, own FROM tmp_sums ORDER BY id"), theirs);
    assert_eq!(with("real"), "real|real|integer|real");
    assert_eq!(case.query("SELECT wide FROM tmp_sums WHERE own = 3"), "0.12345678901234568");
    let plan = case.query("EXPLAIN QUERY PLAN SELECT id FROM tmp_sums WHERE wide = 1");
    assert!(plan.contains("tmp_data_sync_index_tmp_sums.sums_by_wide"), "{plan}");
    assert_eq!(with("auto"), "real|text|integer|real");
}

fn a_changed_table_is_frozen_until_it_is_resynced(server: Server) {
    let case = Case::new(server, PEOPLE);
    case.configure(
        "on_schema_change = \"freeze\"\ntables = [\"people\"]\n[table.people.columns]\nsecret = { exclude = true }
         email = { rename = \"mail\" }",
    );
    case.sync();
    let before = columns(&case);
    case.sql("ALTER TABLE people ADD COLUMN age int DEFAULT 40; UPDATE people SET email = 'new' WHERE id = 5");
    case.sync();
    assert_eq!(columns(&case), before);
    assert_eq!(case.query("SELECT mail FROM tmp_people WHERE id = 5"), "new", "what was there is followed");
    verify(&case);

    case.sql("ALTER TABLE people DROP COLUMN salary; INSERT INTO people (id, tenant) VALUES (1000, 1)");
    let ran = case.run(&["sync"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let told = "its columns changed, and on_schema_change = \"freeze\" is set; run `data-sync resync` for it to take \
                the change over";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert_eq!(columns(&case), before);
    assert_eq!(case.query("SELECT count(*), count(salary) FROM tmp_people"), "300|300", "it stays readable as it is");

    let resynced = case.run(&["resync", "people"]);
    assert_eq!(resynced.code, 0, "{}{}", resynced.stdout, resynced.stderr);
    case.sync();
    assert_eq!(columns(&case), "id tenant mail updated_at age");
    assert_eq!(case.query("SELECT count(*) FROM tmp_people"), "301");
    verify(&case);
}

fn a_changed_table_stops_or_is_followed_as_it_was_chosen(server: Server) {
    let case = Case::new(server, PEOPLE);
    case.configure("tables = [\"people\"]\n[table.people]\non_schema_change = \"stop\"");
    case.sync();
    let before = columns(&case);
    case.sql("ALTER TABLE people ADD COLUMN age int; INSERT INTO people (id, tenant) VALUES (1000, 1)");
    let ran = case.run(&["sync"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let told = "its columns changed, and on_schema_change = \"stop\" is set; run `data-sync resync` for it to take \
                the change over";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let verified = case.run(&["verify"]);
    assert!(
        verified.code != 0 && format!("{}{}", verified.stdout, verified.stderr).contains(told),
        "{}",
        verified.stderr
    );
    assert_eq!((columns(&case), case.query("SELECT count(*) FROM tmp_people")), (before.clone(), "300".to_owned()));
    case.configure("tables = [\"people\"]");
    let verified = case.run(&["verify"]);
    let told = "its columns changed since it was synced; sync it, then verify it";
    assert!(
        verified.code != 0 && format!("{}{}", verified.stdout, verified.stderr).contains(told),
        "{}",
        verified.stderr
    );
    case.sync();
    assert_eq!(columns(&case), format!("{before} age"));
    assert_eq!(case.query("SELECT count(*) FROM tmp_people"), "301");
    verify(&case);
}

fn rows_enter_and_leave_the_filter(server: Server) {
    let case = Case::new(server, PEOPLE);
    // The column that it asks for is left out, and another has its name.
    case.configure(
        "tables = [\"people\"]\n[table.people]\nwhere = \"tenant = 1 -- mine\"
         columns.tenant = { exclude = true }\ncolumns.secret = { rename = \"tenant\" }",
    );
    case.sync();
    let check = |step: &str| {
        let theirs = case.ask("SELECT id, email, secret FROM people WHERE tenant = 1 ORDER BY id");
        assert_eq!(case.query("SELECT id, email, tenant FROM tmp_people ORDER BY id"), theirs, "{step}");
        verify(&case);
    };
    check("copied");
    let nullable = match server {
        Server::Postgres => "ALTER TABLE people ALTER tenant DROP NOT NULL",
        Server::Mariadb(_) => "ALTER TABLE people MODIFY tenant int",
    };
    for (step, sql) in [
        ("leave with a stamp", "UPDATE people SET tenant = 2, updated_at = clock_timestamp() WHERE id = 1"),
        ("leave in silence", "UPDATE people SET tenant = 2 WHERE id = 4"),
        ("enter with a stamp", "UPDATE people SET tenant = 1, updated_at = clock_timestamp() WHERE id = 2"),
        ("enter in silence", "UPDATE people SET tenant = 1 WHERE id = 3"),
        ("stay with a stamp", "UPDATE people SET email = 'a', updated_at = clock_timestamp() WHERE id = 10"),
        ("stay in silence", "UPDATE people SET email = 'b' WHERE id = 13"),
        ("outside", "UPDATE people SET email = 'c', updated_at = clock_timestamp() WHERE id = 5"),
        ("deleted, inside and outside", "DELETE FROM people WHERE id IN (7, 8)"),
        ("inserted", "INSERT INTO people (id, tenant, email) VALUES (1000, 1, 'new'), (1001, 0, 'other')"),
        ("another key", "UPDATE people SET id = id + 5000 WHERE id IN (16, 17)"),
        ("nullable", nullable),
        ("unknown", "UPDATE people SET tenant = NULL WHERE id = 19"),
        ("all leave", "UPDATE people SET tenant = 0"),
        ("some come back", "UPDATE people SET tenant = 1 WHERE id % 50 = 0"),
    ] {
        case.sql(sql);
        case.sync();
        if step == "all leave" && server != Server::Postgres {
            // Without a sweep, they are rows that are gone, and all of them at once are not believed at once.
            assert_ne!(case.query("SELECT count(*) FROM tmp_people"), "0");
            case.sync();
        }
        check(step);
    }
}

fn another_condition_is_another_table(server: Server) {
    let case = Case::new(server, PEOPLE);
    for condition in [Some("tenant = 1"), Some("tenant IN (0, 1)"), None] {
        let filter = condition.map(|condition| format!("where = \"{condition}\"")).unwrap_or_default();
        case.configure(&format!("tables = [\"people\"]\n[table.people]\n{filter}"));
        case.sync();
        let theirs = case.ask(&format!("SELECT count(*), sum(id) FROM people WHERE {}", condition.unwrap_or("true")));
        assert_eq!(case.query("SELECT count(*), sum(id) FROM tmp_people"), theirs, "{filter}");
        verify(&case);
    }
}

fn a_filter_that_is_no_condition_is_named(server: Server) {
    let case = Case::new(server, PEOPLE);
    let (unknown, own): (_, &[(&str, &str)]) = match server {
        Server::Postgres => (
            "column \"tenat\" does not exist",
            &[
                ("tenant", "argument of WHERE must be type boolean, not type integer"),
                ("tenant = $1", "there is no value for its parameter"),
                (
                    "1 / (id - 150) > 5",
                    "division by zero (SQLSTATE 22012); where = \"1 / (id - 150) > 5\" may fail on some of its rows; \
                     write it so that it fits all",
                ),
            ],
        ),
        Server::Mariadb(_) => (
            "Unknown column 'tenat'",
            &[
                ("tenant = ?", "is no condition on this table: "),
                (
                    "tenant = (SELECT o.tenant FROM people AS o WHERE o.id > 2)",
                    "may fail on some of its rows; write it so that it fits all",
                ),
            ],
        ),
    };
    let unknown = format!("is no condition on this table: {unknown}");
    let each = [
        ("tenat = 1", unknown.as_str()),
        ("1) OR (1 = 1", "is no condition on this table: "),
        ("1; DROP TABLE people", "is no condition on this table: "),
        ("true, false", "is no condition on this table: "),
    ];
    for (filter, said) in each.iter().chain(own) {
        let told = refused(&case, &format!("tables = [\"people\"]\n[table.people]\nwhere = \"{filter}\""));
        let named = format!("where = {filter:?}");
        assert!(told.contains("people: ") && told.contains(&named), "{filter}: {told}");
        assert!(told.contains(said), "{filter}: {told}");
    }
    assert_eq!(case.ask("SELECT count(*) FROM people"), "300");
}

/// Where PostgreSQL quotes a value in an error, the others answer NULL and a warning.
#[test]
fn a_condition_that_fails_on_a_value_nobody_may_see_does_not_quote_it() {
    let case = Case::postgres(PEOPLE);
    for hidden in ["columns.email = { mask = \"hash\" }", "columns.email = { exclude = true }"] {
        let told =
            refused(&case, &format!("tables = [\"people\"]\n[table.people]\nwhere = \"email::int > 5\"\n{hidden}"));
        assert!(
            told.contains(
                "what the source says of it is not shown, as it may quote values that are masked or left out"
            ),
            "{told}"
        );
        assert!(told.contains("people: ") && !told.contains("@example.org"), "{told}");
    }
    assert_eq!(case.query("SELECT count(*) FROM tmp_data_sync_metadata WHERE sync_errors LIKE '%@example.org%'"), "0");
}

fn wishes_that_can_not_be_met_are_told_together_and_other_tables_sync(server: Server) {
    let case = Case::new(server, PEOPLE);
    case.sql("CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)");
    let told = refused(
        &case,
        "tables = [\"people\", \"other\"]
         [table.people]
         only_columns = [\"id\", \"emial\", \"email\", \"tenant\"]
         columns.salry = { as = \"text\" }
         columns.email = { as = \"real\" }
         columns.id = { mask = \"hash\" }
         columns.tenant = { rename = \"ID\" }",
    );
    let text = match server {
        Server::Postgres => "character varying(100)",
        Server::Mariadb(_) => "varchar(100) character set utf8mb4",
    };
    let no_number = format!(
        "columns.email.as = \"real\" is not possible: a column of type {text} is no number; use \"text\", or leave it out"
    );
    for expected in [
        "columns \"salry\" does not exist; its columns are id, tenant, email, salary, secret, updated_at",
        "only_columns \"emial\" does not exist; its columns are id, tenant, email, salary, secret, updated_at",
        no_number.as_str(),
        "column \"id\" is part of the key, by which rows are found at the source; leave its `as` and `mask` out",
        "two of its columns would be called \"ID\" in the replica; give one of them another name with \
         columns.NAME.rename",
    ] {
        assert!(told.contains(&format!("people: {expected}")), "{expected}: {told}");
    }
    assert_eq!(case.query("SELECT count(*) FROM tmp_other"), "1");
    let checked = case.run(&["check"]);
    assert!(format!("{}{}", checked.stdout, checked.stderr).contains("columns \"salry\" does not exist"));
}
