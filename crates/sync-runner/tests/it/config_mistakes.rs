//! Each mistake gets an error that says what is wrong, where, and what to do: the exact texts.

use sync_core::Error;

use crate::load::{load, problems};

#[test]
fn unknown_keys_name_the_nearest_known_one() {
    for (text, expected) in [
        (
            "sync_intervall = 3",
            "data-sync.toml:1: sync_intervall: there is no such setting; did you mean `sync_interval`?",
        ),
        ("table = {}\ntabels = []", "data-sync.toml:2: tabels: there is no such setting; did you mean `tables`?"),
        ("[sinks]\npath = \"x\"", "data-sync.toml:1: sinks: there is no such setting; did you mean `sink`?"),
        ("[sink]\nfile = \"x\"", "data-sync.toml:2: sink.file: there is no such setting; known here: path, mode"),
        (
            "tables = [{ name = \"a\", batch = 3 }]",
            "data-sync.toml:1: tables[1].batch: there is no such setting; known here: name, schema, timestamp_column, \
             id_column, batch_size, max_row_bytes, sync_interval, sync_times, sweep_interval, copy_snapshot_max, max_skip, mode, deletes, \
             deleted_column, reconcile_interval, max_delete_fraction, on_source_change, on_schema_change, numeric, indexes, where, only_columns, columns, children, replica",
        ),
        (
            "[table.orders]\ntimestamp_colum = \"x\"",
            "data-sync.toml:2: table.orders.timestamp_colum: there is no such setting; did you mean `timestamp_column`?",
        ),
        ("url = \"x://\"", "data-sync.toml:1: url: there is no such setting; put it below [source]"),
        ("path = \"x\"", "data-sync.toml:1: path: there is no such setting; put it below [sink]"),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn keys_that_landed_in_the_section_above_are_sent_back() {
    assert_eq!(
        problems("[sink]\npath = \"x\"\ntables = [\"users\"]"),
        "data-sync.toml:3: sink.tables: there is no such setting; below the header [sink] it belongs to sink; put it above \
         the first [section]"
    );
    assert_eq!(
        problems("[table.\"audit.logs\"]\nexclude = [\"x\"]"),
        "data-sync.toml:2: table.\"audit.logs\".exclude: there is no such setting; below the header [table.\"audit.logs\"] \
         it belongs to table.\"audit.logs\"; put it above the first [section]"
    );
    assert_eq!(
        problems("[table.logs]\nschema = \"audit\""),
        "data-sync.toml:2: table.logs.schema: there is no such setting; the header says which table it is; with a schema, \
         write [table.\"schema.logs\"]"
    );
}

#[test]
fn values_of_the_wrong_type_are_named() {
    for (text, expected) in [
        (
            "sync_interval = \"soon\"",
            "data-sync.toml:1: sync_interval: \"soon\" is no span of time; write seconds (30, 0.5) or a text with a unit: \
             \"500ms\", \"30s\", \"5m\", \"1h\"",
        ),
        (
            "sync_times = \"at night\"",
            "data-sync.toml:1: sync_times: \"at night\" is no time: Invalid pattern: Pattern must have between 5 and 7 fields.; write minute, hour, day of the month, month and day of the week \
             as cron writes them, such as \"0 3 * * 1-5\"",
        ),
        (
            "sync_times = \"0 0 30 2 *\"",
            "data-sync.toml:1: sync_times: \"0 0 30 2 *\" never comes; write minute, hour, day of the month, month and day of the week \
             as cron writes them, such as \"0 3 * * 1-5\"",
        ),
        (
            "sync_times = 3",
            "data-sync.toml:1: sync_times: it must be minute, hour, day of the month, month and day of the week as cron writes them, such \
             as \"0 3 * * 1-5\", not 3",
        ),
        ("sync_interval = 0", "data-sync.toml:1: sync_interval: it must be longer than 0 seconds"),
        (
            "sync_interval = -5",
            "data-sync.toml:1: sync_interval: -5 seconds is out of range; write a number of seconds from 0 to 3153600000",
        ),
        (
            "sync_interval = true",
            "data-sync.toml:1: sync_interval: it must be seconds (30, 0.5) or a text with a unit (\"30s\", \"5m\", \"1h\"), \
             not true",
        ),
        ("batch_size = 0", "data-sync.toml:1: batch_size: it must be a whole number from 1 to 1000000, not 0"),
        ("batch_size = -1", "data-sync.toml:1: batch_size: it must be a whole number from 1 to 1000000, not -1"),
        ("batch_size = 2.5", "data-sync.toml:1: batch_size: it must be a whole number from 1 to 1000000, not 2.5"),
        (
            "batch_size = \"1; drop table x\"",
            "data-sync.toml:1: batch_size: it must be a whole number from 1 to 1000000, not the text \"1; drop table x\"",
        ),
        ("tables = 3", "data-sync.toml:1: tables: it must be a list such as [\"users\", \"audit.*\"], not 3"),
        (
            "[tables]\nname = \"users\"",
            "data-sync.toml:1: tables: it must be a list such as [\"users\", \"audit.*\"], not a section; the settings of one \
             table stand in [table.NAME]",
        ),
        (
            "tables = [\"a\",\n 3]",
            "data-sync.toml:2: tables[2]: it must be the name of a table, in quotes, not 3; write \"users\" or { name = \"users\" }",
        ),
        ("id_column = [\"a\"]", "data-sync.toml:1: id_column: it must be text in quotes, not a list"),
        ("id_column = \"\"", "data-sync.toml:1: id_column: it is empty"),
        (
            "sink = \"x.db\"",
            "data-sync.toml:1: sink: it must be a section; write [sink] and below it path = \"replica.db\"",
        ),
        ("[sink]\npath = 5", "data-sync.toml:2: sink.path: it must be text in quotes, not 5"),
        ("[http]\nenabled = \"yes\"", "data-sync.toml:2: http.enabled: it must be true or false, not the text \"yes\""),
        (
            "[http]\nlisten = \"here\"",
            "data-sync.toml:2: http.listen: \"here\" is no address; write \"127.0.0.1:8787\"",
        ),
        (
            "[http]\nenabled = true\nlisten = \"0.0.0.0:80\"",
            "data-sync.toml:1: http: others can reach this address; set token_env or token_file, or listen at 127.0.0.1",
        ),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn how_a_table_is_kept_is_one_of_some_words() {
    let fraction = "max_delete_fraction: it must be a number from 0 to 1, such as 0.5 for a half, not";
    let without_soft = "deleted_column: it has no effect without deletes = \"soft\" beside it; add deletes = \"soft\", or leave \
        deleted_column out";
    for (text, expected) in [
        (
            "deletes = \"reconcil\"",
            "data-sync.toml:1: deletes: it must be \"reconcile\" or \"soft\" or \"ignore\", not the text \"reconcil\"; did \
             you mean \"reconcile\"?"
                .to_owned(),
        ),
        (
            "deletes = false",
            "data-sync.toml:1: deletes: it must be \"reconcile\" or \"soft\" or \"ignore\", not false".to_owned(),
        ),
        (
            "[table.a]\non_source_change = \"Resync\"",
            "data-sync.toml:2: table.a.on_source_change: it must be \"stop\" or \"resync\" or \"repair\", not the text \
             \"Resync\"; did you mean \"resync\"?"
                .to_owned(),
        ),
        ("max_delete_fraction = 50", format!("data-sync.toml:1: {fraction} 50")),
        ("max_delete_fraction = -0.5", format!("data-sync.toml:1: {fraction} -0.5")),
        ("max_delete_fraction = nan", format!("data-sync.toml:1: {fraction} NaN")),
        ("max_delete_fraction = \"50%\"", format!("data-sync.toml:1: {fraction} the text \"50%\"")),
        ("deleted_column = \"gone\"", format!("data-sync.toml:1: {without_soft}")),
        ("[table.a]\ndeleted_column = \"gone\"", format!("data-sync.toml:2: table.a.{without_soft}")),
        ("deletes = \"ignore\"\ndeleted_column = \"gone\"", format!("data-sync.toml:2: {without_soft}")),
        ("deletes = \"soft\"\ndeleted_column = \"\"", "data-sync.toml:2: deleted_column: it is empty".to_owned()),
        (
            "deletes = 1\ndeleted_column = \"gone\"",
            "data-sync.toml:1: deletes: it must be \"reconcile\" or \"soft\" or \"ignore\", not 1".to_owned(),
        ),
        ("max_skip = 0", "data-sync.toml:1: max_skip: it must be longer than 0 seconds".to_owned()),
        (
            "[sink]\ndeletes = \"soft\"",
            "data-sync.toml:2: sink.deletes: there is no such setting; below the header [sink] it belongs to sink; put it \
             above the first [section]"
                .to_owned(),
        ),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn tables_that_make_no_sense_are_refused() {
    for (text, expected) in [
        (
            "tables = [\"a.b.c\"]",
            "data-sync.toml:1: tables[1]: \"a.b.c\" is no table name: it has more than one dot; write schema.table, with a \
             part that holds a dot in double quotes",
        ),
        ("tables = [{ schema = \"s\" }]", "data-sync.toml:1: tables[1]: it has no name; add name = \"…\""),
        (
            "tables = [{ name = \"a.*\", replica = \"x\" }]",
            "data-sync.toml:1: tables[1]: a pattern can't have one `replica` for all its tables; name the table, or use `prefix`",
        ),
        (
            "[table.\"audit.*\"]\nbatch_size = 5",
            "data-sync.toml:1: table.\"audit.*\": a pattern has no section of its own; write { name = \"audit.*\", … } in `tables`",
        ),
        (
            "[table.audit.logs]\nbatch_size = 5",
            "data-sync.toml:1: table.audit.logs: there is no such setting; a NAME with a dot goes in quotes: \
             [table.\"audit.logs\"]",
        ),
        (
            "[table]\nbatch_size = 5",
            "data-sync.toml:2: table.batch_size: it must be a section; write [table.NAME], with a NAME that has a dot in \
             quotes: [table.\"audit.logs\"]",
        ),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn sources_that_make_no_sense_are_refused() {
    for (text, expected) in [
        (
            "[source]\nhost = \"db\"",
            "data-sync.toml:1: source: a source needs an address; add url = \"postgres://user@host/database\"",
        ),
        (
            "[source.shop]\nurl = \"x://\"",
            "data-sync.toml:1: source: a source needs an address; for a source called shop, write [sources.shop]",
        ),
        (
            "[sources]\nurl = \"x://\"",
            "data-sync.toml:2: sources.url: it must be a section; write [sources.NAME], and the settings of that source below \
             it; a single one can be [source]",
        ),
        (
            "tables = [\"a\"]\n[sources.a]\nurl = \"x://\"\n[sources.b]\nurl = \"x://\"",
            "data-sync.toml:1: tables: there are several sources, so it is not clear whose tables are meant; put it into one \
             of them: below [sources.NAME], or as [sources.NAME.table.…]",
        ),
        (
            "[source]\nurl = \"x://\"\npassword = \"a\"\npassword_env = \"B\"",
            "data-sync.toml:4: source.password_env: password and password_env are both set; keep one of them",
        ),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn all_problems_are_known_at_once() {
    let text =
        "sync_interval = 0\nbatch_size = 0\n[source]\nurl = 1\ntables = [1, \"..\"]\n[sink]\npaht = \"x\"\n[x]\n";
    assert_eq!(problems(text).lines().count(), 7, "{}", problems(text));
}

#[test]
fn no_secret_is_shown() {
    for text in [
        "[source]\nurl = 424242\n",
        "[source]\nurl = [\"424242\"]\n",
        "[source]\nurl = \"x://\"\npassword = 424242\n",
        "[source]\nurl = \"x://\"\npassword = 4.24242\n",
        "[source]\nurl = \"x://\"\npassword = { a = 424242 }\n",
        "[source]\nurl = \"x://\"\napi_token = 424242\n",
        "[http]\ntoken = 424242\n",
        "[source]\nurl = \"postgres://app:424242@db/shop\"\ntables = 1\n",
        "password = \"424242\"\n",
        "pasword = \"424242\"\n",
        "[source]\nurl = postgres://app:424242@db/shop\n",
    ] {
        let problems = problems(text);
        assert!(!problems.contains("42"), "{problems}");
    }
}

#[test]
fn what_a_driver_refuses_gets_its_place() {
    let config =
        load("[source]\nurl = \"x://\"\nprot = 5\ntabels = []\npassword = \"x\"\n[source.tls]\nca = 1\n").unwrap();
    let locate = |error: Error| {
        let located = config.sources[0].locate(&error).to_string();
        located[located.find("data-sync.toml").unwrap_or(0)..].to_owned()
    };
    let unknown =
        |key: &str| Error::config(format!("unknown field `{key}`, expected one of `url`, `host`, `port`")).at(key);
    assert_eq!(
        locate(unknown("prot")),
        "data-sync.toml:3: source.prot: there is no such setting; did you mean `port`?"
    );
    assert_eq!(
        locate(unknown("tabels")),
        "data-sync.toml:4: source.tabels: there is no such setting; did you mean `tables`?"
    );
    assert_eq!(
        locate(unknown("xyzzyx")),
        "data-sync.toml:1: source.xyzzyx: there is no such setting; the driver knows: url, host, port"
    );
    assert_eq!(
        locate(Error::config("invalid type: integer `1`, expected a string").at("tls.ca")),
        "data-sync.toml:6: source.tls: invalid type: integer `1`, expected a string"
    );
    assert_eq!(
        locate(Error::config("invalid type: string \"x\", expected u16").at("password")),
        "data-sync.toml:5: source.password: it must be text in quotes"
    );
    assert_eq!(
        locate(Error::config("host and url differ").at("host").hint("x")),
        "data-sync.toml:1: source.host: host and url differ; x"
    );
    assert_eq!(locate(Error::unavailable("no answer").at("server db:5432")), "server db:5432: no answer");
}

#[test]
fn mistakes_about_columns_and_rows_are_answered() {
    let table = |settings: &str| format!("[source]\nurl = \"x://\"\ntables = [\"a\"]\n[table.a]\n{settings}\n");
    for (text, expected) in [
        (
            table("where = \" \""),
            "table.a.where: it is empty; write a condition such as \"tenant_id = 7\", or leave it out",
        ),
        (table("where = 7"), "table.a.where: it must be a condition in quotes, such as \"tenant_id = 7\""),
        (table("filter = \"x\""), "table.a.filter: there is no such setting; a condition on rows is called `where`"),
        (table("only_columns = [7]"), "table.a.only_columns[1]: it must be the name of a column, in quotes, not 7"),
        (table("columns.b = { az = \"text\" }"), "table.a.columns.b.az: there is no such setting; did you mean `as`?"),
        (table("columns.b = 7"), "write columns.NAME = { as = \"text\" }"),
        (
            "[source]\nurl = \"x://\"\ntables = [{ name = \"a*\", where = \"b\" }]\n".to_owned(),
            "a pattern can't have one `where` for all its tables; name the table",
        ),
    ] {
        let Err(problems) = load(&text) else { panic!("{text}") };
        assert!(problems.contains(expected), "{expected}\n{problems}");
    }
}
