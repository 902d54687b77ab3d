//! Which tables are wanted, in all the ways of saying it.

use std::time::Duration;

use sync_core::plan::{ColumnSettings, Deletes, Mask, Mode, Numeric, OnSchemaChange, OnSourceChange, ReadAs};
use sync_runner::config::{Config, SourceConfig};

use crate::load::{Folder, load};

fn names(source: &SourceConfig) -> Vec<String> {
    source.wanted.tables.iter().map(|table| table.name.to_string()).collect()
}

fn single(config: &Config) -> &SourceConfig {
    assert_eq!(config.sources.len(), 1);
    &config.sources[0]
}

#[test]
fn a_minimal_config_has_the_defaults() {
    let config = load("[source]\nurl = \"postgres://app@db/shop\"\ntables = [\"users\", \"audit.*\"]\n").unwrap();
    let source = single(&config);
    assert_eq!(names(source), ["users", "audit.*"]);
    assert_eq!(source.name, None);
    assert_eq!(source.wanted.prefix, "tmp_");
    assert_eq!(source.wanted.defaults.batch_size, Some(1000));
    assert_eq!(source.readers, 4);
    assert_eq!(source.wanted.defaults.sync_interval, Some(Duration::from_secs(300)));
    assert_eq!(source.wanted.defaults.sweep_interval, None);
    assert_eq!(source.wanted.defaults.reconcile_interval, Some(Duration::from_secs(3600)));
    assert_eq!(source.wanted.defaults.max_skip, Some(Duration::from_secs(600)));
    assert_eq!(source.wanted.defaults.mode, None);
    assert_eq!(source.wanted.defaults.deletes, Some(Deletes::Reconcile));
    assert_eq!(source.wanted.defaults.max_delete_fraction, Some(0.5));
    assert_eq!(source.wanted.defaults.on_source_change, Some(OnSourceChange::Stop));
    assert_eq!(source.settings().unwrap(), serde_json::json!({"url": "postgres://app@db/shop"}));
    assert!(config.http.enabled);
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8787");
}

#[test]
fn tables_stand_at_the_top_in_the_source_or_in_sections() {
    let config = load(
        "tables = [\"a\", { name = \"b\", timestamp_column = \"t\", id_column = \"i\", batch_size = 7, replica = \"bb\" }]\n\
         [source]\nurl = \"x://\"\ntables = [\"c\"]\n",
    );
    let config = config.unwrap();
    let source = single(&config);
    assert_eq!(names(source), ["c", "a", "b"]);
    let settings = &source.wanted.tables[2].settings;
    assert_eq!(settings.timestamp_column.as_deref(), Some("t"));
    assert_eq!(settings.id_column.as_deref(), Some("i"));
    assert_eq!(settings.batch_size, Some(7));
    assert_eq!(settings.replica.as_deref(), Some("bb"));

    let config = load("[source]\nurl = \"x://\"\n[[tables]]\nname = \"a\"\nbatch_size = 3\n[[tables]]\nname = \"b\"\n");
    let config = config.unwrap();
    assert_eq!(names(single(&config)), ["a", "b"]);
    assert_eq!(single(&config).wanted.tables[0].settings.batch_size, Some(3));
}

#[test]
fn an_inline_table_may_have_several_lines() {
    let config =
        load("tables = [\n  {\n    name = \"orders\",\n    batch_size = 5,\n  },\n]\n[source]\nurl = \"x://\"\n");
    assert_eq!(single(&config.unwrap()).wanted.tables[0].settings.batch_size, Some(5));
}

#[test]
fn a_schema_beside_the_name_wins_over_a_dotted_one() {
    let config = load(
        "tables = [{ name = \"s2.y\", schema = \"s1\" }, { name = \"x\", schema = \"s1\" }]\n[source]\nurl = \"x://\"\n",
    );
    assert_eq!(names(single(&config.unwrap())), ["s1.y", "s1.x"]);
}

#[test]
fn a_section_has_the_settings_of_one_table() {
    let config = load(
        "tables = [\"orders\", \"audit.*\"]\nexclude = [\"audit.raw\"]\n\
         [source]\nurl = \"x://\"\n\
         [table.orders]\ntimestamp_column = \"order_date\"\nsync_interval = \"1m\"\n\
         [table.\"audit.logs\"]\nbatch_size = 5\n",
    );
    let config = config.unwrap();
    let source = single(&config);
    let settings: Vec<_> = source.wanted.settings.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(settings, ["audit.logs", "orders"]);
    assert_eq!(source.wanted.settings[1].settings.timestamp_column.as_deref(), Some("order_date"));
    assert_eq!(source.wanted.settings[1].settings.sync_interval, Some(Duration::from_secs(60)));
    assert_eq!(source.wanted.exclude, ["audit.raw".parse().unwrap()]);
}

/// All levels at which a setting can stand, each over the one before.
#[test]
fn what_keeps_a_table_true_is_set_for_all_for_a_source_or_for_a_table() {
    let everything = "max_skip = \"1m\"\nmode = \"full\"\ndeletes = \"soft\"\nreconcile_interval = 60\n\
        max_delete_fraction = 1\non_source_change = \"resync\"\n";
    let source = "tables = [\"a\", { name = \"b\", deletes = \"soft\", deleted_column = \"gone\" }]\n\
        [source]\nurl = \"x://\"\n";
    let own = "max_skip = 2\nmode = \"follow\"\ndeletes = \"ignore\"\nreconcile_interval = 3\n\
        max_delete_fraction = 0.25\non_source_change = \"repair\"\n";
    let config = load(&format!("{everything}{source}[table.a]\n{own}")).unwrap();
    let wanted = &single(&config).wanted;
    let (wide, table) = (&wanted.defaults, &wanted.settings[0].settings);
    assert_eq!((wide.max_skip, table.max_skip), (Some(Duration::from_secs(60)), Some(Duration::from_secs(2))));
    assert_eq!((wide.mode, table.mode), (Some(Mode::Full), Some(Mode::Follow)));
    let soft = |column: &str| Some(Deletes::Soft { column: column.to_owned() });
    assert_eq!((&wide.deletes, &table.deletes), (&soft("deleted_at_source"), &Some(Deletes::Ignore)));
    assert_eq!(wanted.tables[1].settings.deletes, soft("gone"));
    let reconcile = (wide.reconcile_interval, table.reconcile_interval);
    assert_eq!(reconcile, (Some(Duration::from_secs(60)), Some(Duration::from_secs(3))));
    assert_eq!((wide.max_delete_fraction, table.max_delete_fraction), (Some(1.0), Some(0.25)));
    let change = (wide.on_source_change, table.on_source_change);
    assert_eq!(change, (Some(OnSourceChange::Resync), Some(OnSourceChange::Repair)));

    let config = load(&format!("{everything}{source}{own}")).unwrap();
    let wanted = &single(&config).wanted;
    assert_eq!(&wanted.defaults.or(table), &table.or(&wanted.defaults), "the source's own settings win");
}

#[test]
fn the_environment_sets_them_too() {
    let folder = Folder::with("tables = [\"a\"]\n[source]\nurl = \"x://\"\n");
    let variables = [
        ("DATA_SYNC__DELETES", "soft"),
        ("DATA_SYNC__DELETED_COLUMN", "gone"),
        ("DATA_SYNC__SOURCE__MAX_DELETE_FRACTION", "0.75"),
        ("DATA_SYNC__SOURCE__MODE", "full"),
        ("DATA_SYNC__MAX_SKIP", "30s"),
    ];
    let config = folder.load(&variables).unwrap();
    let defaults = &single(&config).wanted.defaults;
    assert_eq!(defaults.deletes, Some(Deletes::Soft { column: "gone".to_owned() }));
    assert_eq!((defaults.max_delete_fraction, defaults.mode), (Some(0.75), Some(Mode::Full)));
    assert_eq!(defaults.max_skip, Some(Duration::from_secs(30)));
    let error = folder.load(&[("DATA_SYNC__MODE", "ful")]).unwrap_err();
    assert_eq!(
        error,
        "environment variable DATA_SYNC__MODE: it must be \"follow\" or \"full\", not the text \"ful\"; did you mean \"full\"?"
    );
}

#[test]
fn several_sources_keep_their_tables_apart() {
    let config = load(
        "batch_size = 9\nsync_interval = 10\n\
         [sources.shop]\nurl = \"postgres://a\"\ntables = [\"users\"]\nsync_interval = 20\n\
         [sources.shop.table.users]\nid_column = \"n\"\n\
         [sources.billing]\nurl = \"mysql://b\"\ntables = [\"invoices\"]\nprefix = \"b_\"\nbatch_size = 4\nreaders = 1\n",
    );
    let config = config.unwrap();
    let [billing, shop] = config.sources.as_slice() else { panic!("{config:?}") };
    assert_eq!((shop.name.as_deref(), billing.name.as_deref()), (Some("shop"), Some("billing")));
    assert_eq!((names(shop), names(billing)), (vec!["users".to_owned()], vec!["invoices".to_owned()]));
    assert_eq!((shop.wanted.prefix.as_str(), billing.wanted.prefix.as_str()), ("tmp_shop_", "b_"));
    assert_eq!((shop.wanted.defaults.batch_size, billing.wanted.defaults.batch_size), (Some(9), Some(4)));
    let interval = |source: &SourceConfig| source.wanted.defaults.sync_interval.unwrap().as_secs();
    assert_eq!((interval(shop), interval(billing)), (20, 10));
    assert_eq!((shop.readers, billing.readers), (4, 1));
    assert_eq!(shop.wanted.settings[0].settings.id_column.as_deref(), Some("n"));
    assert!(billing.wanted.settings.is_empty());
}

#[test]
fn settings_of_the_driver_pass_through() {
    let config = load("[source]\nurl = \"x://\"\nport = 5\nsslmode = \"require\"\n[source.options]\na = [1, true]\n");
    let settings = single(&config.unwrap()).settings().unwrap();
    let expected = serde_json::json!({"url": "x://", "port": 5, "sslmode": "require", "options": {"a": [1, true]}});
    assert_eq!(settings, expected);
}

#[test]
fn columns_and_rows_are_chosen_table_by_table() {
    let config = load(
        "numeric = \"text\"\nindexes = false\n[source]\nurl = \"x://\"\ntables = [\"orders\"]\n\
         on_schema_change = \"freeze\"\n[table.orders]\nwhere = \"tenant_id = 7\"\nonly_columns = [\"id\", \"amount\"]\n\
         columns.amount = { as = \"real\", rename = \"sum\" }\n\
         [table.orders.columns.email]\nmask = \"hash\"\nexclude = false\n",
    );
    let config = config.unwrap();
    let wanted = &single(&config).wanted;
    let defaults = &wanted.defaults;
    assert_eq!((defaults.numeric, defaults.indexes), (Some(Numeric::Text), Some(false)));
    assert_eq!(defaults.on_schema_change, Some(OnSchemaChange::Freeze));
    let settings = &wanted.settings[0].settings;
    assert_eq!(settings.filter.as_deref(), Some("tenant_id = 7"));
    assert_eq!(settings.only_columns, Some(vec!["id".to_owned(), "amount".to_owned()]));
    let column = |change: fn(&mut ColumnSettings)| {
        let mut settings = ColumnSettings::default();
        change(&mut settings);
        settings
    };
    let amount = column(|column| (column.read_as, column.rename) = (Some(ReadAs::Real), Some("sum".to_owned())));
    let email = column(|column| (column.mask, column.exclude) = (Some(Mask::Hash), Some(false)));
    assert_eq!(settings.columns.get("amount"), Some(&amount));
    assert_eq!(settings.columns.get("email"), Some(&email));
}
