//! A source from `EXTERNAL_DB_*`, and settings in a `wrangler.toml`.

use sync_runner::config::Config;
use test_servers::Postgres;

use crate::command::{run, run_with};
use crate::load::Folder;

const SERVER: [(&str, &str); 4] = [
    ("EXTERNAL_DB_TYPE", "postgresql"),
    ("EXTERNAL_DB_HOST", "db"),
    ("EXTERNAL_DB_USER", "app"),
    ("EXTERNAL_DB_DATABASE", "shop"),
];

const WRANGLER: &str = "name = \"worker\"\nmain = \"src/index.ts\"\n\n\
    [vars]\nEXTERNAL_DB_TYPE = \"postgresql\"\nEXTERNAL_DB_HOST = \"db\"\nEXTERNAL_DB_PORT = 5433\nEXTERNAL_DB_USER = \"app\"\n\
    EXTERNAL_DB_PASS = \"hunter2\"\nEXTERNAL_DB_DATABASE = \"shop\"\nOTHER = \"x\"\n\n\
    [plugins.data-sync]\nsync_interval = 60\ntables = [\"users\", { name = \"logs\", schema = \"audit\" }]\n";

fn wrangler(text: &str) -> Folder {
    let folder = Folder::with("");
    std::fs::write(folder.path().join("wrangler.toml"), text).unwrap();
    std::fs::remove_file(folder.path().join("data-sync.toml")).unwrap();
    folder
}

fn source(config: &Config) -> serde_json::Value {
    assert_eq!(config.sources.len(), 1, "{config:?}");
    config.sources[0].settings().unwrap()
}

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    SERVER.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more).copied().collect()
}

#[test]
fn the_variables_are_one_source() {
    let folder = Folder::with("tables = [\"users\"]");
    let config = folder.load(&with(&[
        ("EXTERNAL_DB_PORT", "5433"),
        ("EXTERNAL_DB_PASS", "12345"),
        ("EXTERNAL_DB_DEFAULT_SCHEMA", "app"),
    ]));
    let config = config.unwrap();
    let expected = serde_json::json!({
        "url": "postgresql://", "host": "db", "port": "5433", "user": "app", "password": "12345", "database": "shop",
        "schema": "app",
    });
    assert_eq!(source(&config), expected);
    assert_eq!(config.sources[0].wanted.tables.len(), 1);
    assert!(config.warnings.is_empty());
    assert!(
        config.to_toml().contains("password = \"***\"") && !config.to_toml().contains("12345"),
        "{}",
        config.to_toml()
    );
}

#[test]
fn without_a_type_they_are_left_alone() {
    let config = Folder::with("[source]\nurl = \"x://\"\n").load(&SERVER[1..]).unwrap();
    assert_eq!(source(&config), serde_json::json!({"url": "x://"}));
    assert_eq!(
        config.warnings,
        [
            "environment variable EXTERNAL_DB_DATABASE: it has no effect without EXTERNAL_DB_TYPE; set EXTERNAL_DB_TYPE to \
          \"postgresql\", or leave it out"
        ]
    );
    let config = Folder::with("").load(&[("EXTERNAL_DB_TYPE", ""), ("EXTERNAL_DB_HOST", "")]).unwrap();
    assert!(config.sources.is_empty() && config.warnings.is_empty());
}

#[test]
fn they_replace_the_server_of_the_file_and_say_so() {
    let text = "sync_interval = 5\n[source]\nurl = \"postgres://other:hunter2@else/x\"\nsslmode = \"require\"\n\
        password_env = \"NO_SUCH\"\ntables = [\"users\"]\n[source.table.users]\nbatch_size = 7\n";
    let folder = Folder::with(text);
    let config = folder.load(&with(&[])).unwrap();
    let expected = serde_json::json!({"url": "postgresql://", "host": "db", "user": "app", "database": "shop"});
    assert_eq!(source(&config), expected);
    assert_eq!(config.sources[0].wanted.settings[0].settings.batch_size, Some(7));
    let place = folder.path().join("data-sync.toml");
    assert_eq!(
        config.warnings,
        [format!(
            "environment variable EXTERNAL_DB_TYPE: the server and the login are those of the EXTERNAL_DB_ variables, in place of \
             those in {}:2: source; its tables are kept",
            place.display()
        )]
    );
    let config = Folder::with("[source]\ntables = [\"users\"]\n").load(&with(&[])).unwrap();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn what_is_wrong_with_them_names_the_variable() {
    for (text, variables, expected) in [
        (
            "",
            vec![("EXTERNAL_DB_TYPE", "oracle"), ("EXTERNAL_DB_HOST", "db")],
            "environment variable EXTERNAL_DB_TYPE: it must be \"postgresql\" or \"mysql\", not \"oracle\"\n\
             environment variable EXTERNAL_DB_TYPE: it takes EXTERNAL_DB_USER too, which is not set\n\
             environment variable EXTERNAL_DB_TYPE: it takes EXTERNAL_DB_DATABASE too, which is not set",
        ),
        (
            "",
            with(&[("EXTERNAL_DB_TYPE", "postgres://app:hunter2@db/shop")]),
            "environment variable EXTERNAL_DB_TYPE: it must be \"postgresql\" or \"mysql\", not \"postgres://app:***@db/shop\"",
        ),
        (
            "[sources.shop]\nurl = \"x://\"\n",
            with(&[]),
            "environment variable EXTERNAL_DB_TYPE: there are sources in data-sync.toml:1: sources, and this is another; leave it \
             out, or write that source there",
        ),
    ] {
        assert_eq!(Folder::with(text).load(&variables).unwrap_err(), expected);
    }
    let folder = Folder::with("tables = [\"users\"]");
    for (variables, expected) in [
        (
            with(&[("EXTERNAL_DB_TYPE", "mysql"), ("EXTERNAL_DB_PORT", "0x")]),
            "error: environment variable EXTERNAL_DB_PORT: \"0x\": invalid digit found in string\n",
        ),
        (
            with(&[("EXTERNAL_DB_PORT", "many")]),
            "error: environment variable EXTERNAL_DB_PORT: \"many\": invalid digit found in string\n",
        ),
    ] {
        let ran = run_with(folder.path(), &["check"], &variables);
        assert_eq!((ran.code, ran.stderr.as_str()), (2, expected));
    }
}

#[test]
fn a_wrangler_file_has_settings_and_variables() {
    let config = wrangler(WRANGLER).load_file("wrangler.toml", &[]).unwrap();
    let names: Vec<_> = config.sources[0].wanted.tables.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["users", "audit.logs"]);
    assert_eq!(config.sources[0].wanted.defaults.sync_interval.unwrap().as_secs(), 60);
    assert_eq!((&source(&config)["port"], &source(&config)["password"]), (&"5433".into(), &"hunter2".into()));
    let config = wrangler(WRANGLER).load_file("wrangler.toml", &[("EXTERNAL_DB_HOST", "nearer")]).unwrap();
    assert_eq!(source(&config)["host"], "nearer", "the environment wins over [vars]");
    let config = wrangler(
        "[plugins.data-sync.source]\nurl = \"x://\"\ntables = [\"a\"]\n[plugins.data-sync.sink]\npath = \"r.db\"\n",
    );
    let config = config.load_file("wrangler.toml", &[]).unwrap();
    assert!(config.sink.path.ends_with("r.db"));
}

#[test]
fn mistakes_in_a_wrangler_file_have_their_line() {
    for (text, expected) in [
        (
            "name = \"worker\"\n[plugins.data-sync]\nsync_intervall = 60\n",
            "wrangler.toml:3: plugins.data-sync.sync_intervall: there is no such setting; did you mean `sync_interval`?",
        ),
        (
            "name = \"worker\"\n",
            "wrangler.toml: it has no section [plugins.data-sync]; add [plugins.data-sync] and below it tables = [\"users\"]",
        ),
        (
            "[vars]\nEXTERNAL_DB_TYPE = \"oracle\"\n[plugins.data-sync]\n",
            "wrangler.toml:2: vars.EXTERNAL_DB_TYPE: it must be \"postgresql\" or \"mysql\", not \"oracle\"\n\
             wrangler.toml:2: vars.EXTERNAL_DB_TYPE: it takes EXTERNAL_DB_HOST too, which is not set\n\
             wrangler.toml:2: vars.EXTERNAL_DB_TYPE: it takes EXTERNAL_DB_USER too, which is not set\n\
             wrangler.toml:2: vars.EXTERNAL_DB_TYPE: it takes EXTERNAL_DB_DATABASE too, which is not set",
        ),
        (
            "[plugins.data-sync.sink]\ntables = [\"a\"]\n",
            "wrangler.toml:2: plugins.data-sync.sink.tables: there is no such setting; below the header [plugins.data-sync.sink] it \
             belongs to plugins.data-sync.sink; put it right below [plugins.data-sync]",
        ),
        (
            "[plugins.data-sync]\nurl = \"x://\"\n",
            "wrangler.toml:2: plugins.data-sync.url: there is no such setting; put it below [plugins.data-sync.source]",
        ),
        (
            "[plugins.data-sync]\nsource = 1\nsources = 1\nsink = 1\nhttp = 1\n",
            "wrangler.toml:2: plugins.data-sync.source: it must be a section; write [plugins.data-sync.source], and its \
             settings below it\n\
             wrangler.toml:3: plugins.data-sync.sources: it must be a section; write [plugins.data-sync.sources.NAME], and the \
             settings of that source below it; a single one can be [plugins.data-sync.source]\n\
             wrangler.toml:4: plugins.data-sync.sink: it must be a section; write [plugins.data-sync.sink] and below it path = \
             \"replica.db\"\n\
             wrangler.toml:5: plugins.data-sync.http: it must be a section; write [plugins.data-sync.http] and below it enabled \
             = false",
        ),
        (
            "[plugins.data-sync.source.shop]\nurl = \"x://\"\n",
            "wrangler.toml:1: plugins.data-sync.source: a source needs an address; for a source called shop, write \
             [plugins.data-sync.sources.shop]",
        ),
        (
            "[plugins.data-sync.table.logs]\nschema = \"a\"\n[plugins.data-sync.table.audit.logs]\n",
            "wrangler.toml:3: plugins.data-sync.table.audit.logs: there is no such setting; a NAME with a dot goes in quotes: \
             [plugins.data-sync.table.\"audit.logs\"]\n\
             wrangler.toml:2: plugins.data-sync.table.logs.schema: there is no such setting; the header says which table it \
             is; with a schema, write [plugins.data-sync.table.\"schema.logs\"]",
        ),
        (
            "[plugins.data-sync]\ntable = 1\n[plugins.data-sync.tables]\n",
            "wrangler.toml:3: plugins.data-sync.tables: it must be a list such as [\"users\", \"audit.*\"], not a section; the \
             settings of one table stand in [plugins.data-sync.table.NAME]\n\
             wrangler.toml:2: plugins.data-sync.table: it must be a section; write [plugins.data-sync.table.NAME], with a NAME \
             that has a dot in quotes: [plugins.data-sync.table.\"audit.logs\"]",
        ),
        (
            "[plugins.data-sync]\ntables = [\"a\"]\n[plugins.data-sync.sources.a]\nurl = \"x://\"\n\
             [plugins.data-sync.sources.b]\nurl = \"x://\"\n",
            "wrangler.toml:2: plugins.data-sync.tables: there are several sources, so it is not clear whose tables are meant; \
             put it into one of them: below [plugins.data-sync.sources.NAME], or as \
             [plugins.data-sync.sources.NAME.table.…]",
        ),
    ] {
        assert_eq!(wrangler(text).load_file("wrangler.toml", &[]).unwrap_err(), expected, "{text}");
    }
    let ran = run(wrangler("[plugins.data-sync]\ntables = [\"a\"]\n").path(), &["check"]);
    assert_eq!(
        ran.stderr,
        "error: wrangler.toml: there is no source; add [plugins.data-sync.source] and below it \
         url = \"postgres://user@host/database\"\n"
    );
}

#[test]
fn a_wrangler_file_is_found_where_there_is_no_own() {
    let database = Postgres::shared().database().unwrap();
    database.execute("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1)").unwrap();
    let folder = wrangler("[plugins.data-sync]\ntables = [\"users\"]\n");
    let port = Postgres::shared().port().to_string();
    let variables = [
        ("EXTERNAL_DB_TYPE", "postgresql"),
        ("EXTERNAL_DB_HOST", Postgres::shared().host()),
        ("EXTERNAL_DB_PORT", &port),
        ("EXTERNAL_DB_USER", "postgres"),
        ("EXTERNAL_DB_DATABASE", database.name()),
    ];
    let ran = run_with(folder.path(), &["sync"], &variables);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("tmp_users"), "{}", ran.stdout);

    // One without a section for us is another program's alone.
    std::fs::write(folder.path().join("wrangler.toml"), "name = \"worker\"\n").unwrap();
    let ran = run(folder.path(), &["check"]);
    assert!(ran.stderr.starts_with("error: no file data-sync.toml here: there is no source;"), "{}", ran.stderr);
    std::fs::write(folder.path().join("data-sync.toml"), "batch_size = 17\n").unwrap();
    std::fs::write(folder.path().join("wrangler.toml"), WRANGLER).unwrap();
    let printed = run(folder.path(), &["print-config"]).stdout;
    assert!(printed.contains("batch_size = 17\n") && !printed.contains("users"), "{printed}");
}

#[test]
fn a_warning_is_printed_once() {
    let folder = Folder::with("[source]\nurl = \"postgres://app:hunter2@db/shop\"\n");
    let ran = run_with(folder.path(), &["print-config"], &with(&[]));
    assert_eq!(
        ran.stderr,
        "warning: environment variable EXTERNAL_DB_TYPE: the server and the login are those of the EXTERNAL_DB_ variables, in \
         place of those in data-sync.toml:1: source; its tables are kept\n"
    );
    assert!(ran.stdout.contains("host = \"db\"") && !ran.stdout.contains("hunter2"), "{}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused_without_showing_it() {
    use std::os::unix::ffi::OsStringExt as _;
    let variables = [("EXTERNAL_DB_PASS".into(), std::ffi::OsString::from_vec(vec![b'h', 0xff]))];
    let folder = Folder::with("");
    let problems = Config::load(Some(&folder.path().join("data-sync.toml")), variables).unwrap_err();
    assert_eq!(problems[0].to_string(), "environment variable EXTERNAL_DB_PASS: its value is not UTF-8");
}
