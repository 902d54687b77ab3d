//! Settings of columns and rows: where they may stand, and what is said where they may not.

use sync_core::Error;
use sync_core::plan::{ColumnSettings, Mask, Numeric, OnSchemaChange, ReadAs, TableSettings};
use sync_runner::config::Config;

use crate::load::{Folder, load, problems};

fn column(change: impl FnOnce(&mut ColumnSettings)) -> ColumnSettings {
    let mut column = ColumnSettings::default();
    change(&mut column);
    column
}

fn of_table(config: &Config) -> &TableSettings {
    &config.sources[0].wanted.settings[0].settings
}

#[test]
fn a_column_can_be_set_in_a_line_in_a_section_and_among_the_tables() {
    let expected = column(|c| (c.read_as, c.rename) = (Some(ReadAs::Integer), Some("Total".into())));
    for text in [
        "[source]\nurl = \"x://\"\n[table.\"audit.logs\"]\ncolumns.\"Amount, net\" = { as = \"integer\", rename = \"Total\" }",
        "[source]\nurl = \"x://\"\n[table.\"audit.logs\".columns.\"Amount, net\"]\nas = \"integer\"\nrename = \"Total\"",
        "[source]\nurl = \"x://\"\n[source.table.\"audit.logs\".columns]\n\"Amount, net\" = { as = \"integer\", rename = \"Total\" }",
    ] {
        let config = load(text).unwrap();
        assert_eq!(of_table(&config).columns.get("Amount, net"), Some(&expected), "{text}");
    }
    let config = load(
        "tables = [{ name = \"a\", where = \"b > 0\", columns = { c = { mask = \"null\" } } }]\n[source]\nurl = \"x://\"",
    );
    let settings = &config.unwrap().sources[0].wanted.tables[0].settings;
    assert_eq!(settings.filter.as_deref(), Some("b > 0"));
    assert_eq!(settings.columns.get("c"), Some(&column(|c| c.mask = Some(Mask::Null))));
}

#[test]
fn they_come_from_the_environment_too() {
    let folder =
        Folder::with("[source]\nurl = \"x://\"\ntables = [\"orders\"]\n[table.orders.columns.Email]\nrename = \"e\"");
    let config = folder.load(&[
        ("DATA_SYNC__NUMERIC", "real"),
        ("DATA_SYNC__INDEXES", "false"),
        ("DATA_SYNC__SOURCE__ON_SCHEMA_CHANGE", "stop"),
        ("DATA_SYNC__TABLE__ORDERS__WHERE", "tenant_id = 7"),
        ("DATA_SYNC__TABLE__ORDERS__ONLY_COLUMNS", "id, Email"),
        ("DATA_SYNC__TABLE__ORDERS__COLUMNS__EMAIL__MASK", "hash"),
        ("DATA_SYNC__TABLE__ORDERS__COLUMNS__EMAIL__EXCLUDE", "false"),
    ]);
    let config = config.unwrap();
    let defaults = &config.sources[0].wanted.defaults;
    assert_eq!((defaults.numeric, defaults.indexes), (Some(Numeric::Real), Some(false)));
    assert_eq!(defaults.on_schema_change, Some(OnSchemaChange::Stop));
    let settings = of_table(&config);
    assert_eq!(settings.filter.as_deref(), Some("tenant_id = 7"));
    assert_eq!(settings.only_columns, Some(vec!["id".to_owned(), "Email".to_owned()]));
    let email = column(|c| (c.rename, c.mask, c.exclude) = (Some("e".into()), Some(Mask::Hash), Some(false)));
    assert_eq!(settings.columns.get("Email"), Some(&email));
}

#[test]
fn they_are_printed_as_they_count() {
    let config = load(
        "[source]\nurl = \"x://\"\ntables = [\"orders\"]\n[table.orders]\nwhere = \"tenant = 'a\\\"b'\"\n\
         columns.email = { mask = \"hash\" }\n",
    );
    let config = config.unwrap();
    let printed = config.to_toml();
    for line in [
        "numeric = \"auto\"",
        "indexes = true",
        "on_schema_change = \"follow\"",
        "[table.orders.columns.email]",
        "mask = \"hash\"",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line} in {printed}");
    }
    assert_eq!(config.to_json()["table"]["orders"]["where"], "tenant = 'a\"b'");
    assert_eq!(of_table(&load(printed).unwrap()), of_table(&config));
}

#[test]
fn a_wrong_word_is_answered_with_the_nearest() {
    let text = "numeric = \"txt\"\non_schema_change = \"froze\"\nindexes = \"no\"\n[source]\nurl = \"x://\"\ntables = [\"a\"]\n\
                [table.a.columns.b]\nas = \"reel\"\nmask = \"hsah\"\nexclude = 1\nrename = \"\"\nrenam = \"x\"\n";
    let expected = [
        "data-sync.toml:8: table.a.columns.b.as: it must be \"integer\" or \"real\" or \"text\", not the text \"reel\"; did you mean \"real\"?",
        "data-sync.toml:11: table.a.columns.b.rename: it is empty",
        "data-sync.toml:9: table.a.columns.b.mask: it must be \"null\" or \"hash\", not the text \"hsah\"; did you mean \"hash\"?",
        "data-sync.toml:10: table.a.columns.b.exclude: it must be true or false, not 1",
        "data-sync.toml:12: table.a.columns.b.renam: there is no such setting; did you mean `rename`?",
        "data-sync.toml:2: on_schema_change: it must be \"follow\" or \"freeze\" or \"stop\", not the text \"froze\"; did you mean \"freeze\"?",
        "data-sync.toml:1: numeric: it must be \"auto\" or \"text\" or \"real\", not the text \"txt\"; did you mean \"text\"?",
        "data-sync.toml:3: indexes: it must be true or false, not the text \"no\"",
    ];
    assert_eq!(problems(text).lines().collect::<Vec<_>>(), expected);
    let table = |settings: &str| problems(&format!("[source]\nurl = \"x://\"\n[table.a]\n{settings}\n"));
    assert_eq!(
        table("only_columns = 7"),
        "data-sync.toml:4: table.a.only_columns: it must be a list such as [\"id\", \"name\"], not 7"
    );
    assert_eq!(
        table("columns.b = { rename = \"a\\u0000b\" }"),
        "data-sync.toml:4: table.a.columns.b.rename: a name can't hold a NUL"
    );
}

#[test]
fn what_is_for_one_table_is_refused_elsewhere_with_the_reason() {
    for (text, expected) in [
        (
            "where = \"a > 1\"\n[source]\nurl = \"x://\"",
            "data-sync.toml:1: where: it is for one table, as it names columns that others do not have; put it below [table.NAME], for each \
             table that needs it",
        ),
        (
            "[sources.shop]\nurl = \"x://\"\nwhere = \"a > 1\"",
            "data-sync.toml:3: sources.shop.where: it is for one table, as it names columns that others do not have; put it below \
             [sources.shop.table.NAME], for each table that needs it",
        ),
        (
            "[source]\nurl = \"x://\"\nonly_columns = [\"a\"]",
            "data-sync.toml:3: source.only_columns: it is for one table, as it names columns that others do not have; put it below \
             [source.table.NAME], for each table that needs it",
        ),
        (
            "children = false\n[source]\nurl = \"x://\"",
            "data-sync.toml:1: children: it is for one table, as others may have none; put it below [table.NAME], for each table that \
             needs it",
        ),
        (
            "[source]\nurl = \"x://\"\ntables = [{ name = \"audit.*\", children = false }]",
            "data-sync.toml:3: source.tables[1]: a pattern can't have one `children` for all its tables; name the table",
        ),
        (
            "columns.a = { exclude = true }\n[source]\nurl = \"x://\"",
            "data-sync.toml:1: columns: there is no such setting; put it below [table.NAME]",
        ),
        (
            "[source]\nurl = \"x://\"\ntables = [{ name = \"audit.*\", where = \"a > 1\" }]",
            "data-sync.toml:3: source.tables[1]: a pattern can't have one `where` for all its tables; name the table",
        ),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
    let config = load("[source]\nurl = \"x://\"\ncolumns.a = { exclude = true }\n").unwrap();
    let said = config.sources[0].locate(&Error::config("unknown field `columns`, expected one of `url`, `host`"));
    let text = said.to_string();
    assert!(
        text.ends_with(
            "source.columns: there is no such setting; it is for one table: put it below [source.table.NAME]"
        ),
        "{text}"
    );
}
