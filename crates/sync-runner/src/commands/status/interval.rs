//! How often a table of the replica is synced, as far as the configuration alone tells.

use std::time::Duration;

use sync_core::{TableId, TableName, TableSettings, Wanted, WantedTable, replica_name};

use crate::config::{Config, SourceConfig};

/// The interval of the table that has this replica; `None` when no source wants it.
pub(super) fn interval(config: &Config, table: Option<&str>, replica: &str) -> Option<Duration> {
    // As the replica keeps it: nothing is quoted.
    let (schema, name) = table.map(|table| table.split_once('.').map_or((None, table), |(s, name)| (Some(s), name)))?;
    config.sources.iter().find_map(|source| {
        let default_schema = source.default_schema();
        let table = TableId::new(schema.unwrap_or(default_schema), name);
        let settings = settings(source, &table, default_schema)?;
        let named = settings.replica.clone();
        let named = named.unwrap_or_else(|| replica_name(&source.wanted.prefix, &table, Some(default_schema)));
        (named == replica).then(|| settings.interval())
    })
}

/// The settings of a table, if it is wanted: a name goes before a pattern, and what excludes it is for patterns.
fn settings(source: &SourceConfig, table: &TableId, default_schema: &str) -> Option<TableSettings> {
    let Wanted { tables, exclude, settings, defaults, .. } = &source.wanted;
    let means = |name: &TableName| name.matches(table, Some(default_schema));
    let find = |pattern: bool| tables.iter().find(|wanted| wanted.name.is_pattern() == pattern && means(&wanted.name));
    let by_pattern = || find(true).filter(|_| !exclude.iter().any(means));
    let WantedTable { settings: wanted, .. } = find(false).or_else(by_pattern)?;
    let own = settings.iter().find(|own| means(&own.name)).map(|own| own.settings.or(wanted));
    Some(own.unwrap_or_else(|| wanted.clone()).or(defaults))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str, table: &str, replica: &str) -> Option<u64> {
        let config = Config::of_text(text).unwrap();
        interval(&config, Some(table), replica).map(|interval| interval.as_secs())
    }

    #[test]
    fn the_most_exact_setting_counts() {
        let text = "sync_interval = 10\nexclude = [\"audit.raw\"]\n\
            tables = [\"users\", { name = \"audit.*\", sync_interval = 20 }, { name = \"orders\", replica = \"o\" }, '\"odd.name\"']\n\
            [source]\nurl = \"x://\"\n[table.\"audit.logs\"]\nsync_interval = \"1m\"\n";
        for (table, replica, expected) in [
            ("public.users", "tmp_users", Some(10)),
            ("users", "tmp_users", Some(10)),
            ("audit.other", "tmp_audit_other", Some(20)),
            ("audit.logs", "tmp_audit_logs", Some(60)),
            ("public.orders", "o", Some(10)),
            ("public.orders", "tmp_orders", None),
            ("audit.raw", "tmp_audit_raw", None),
            ("public.odd.name", "tmp_odd.name", Some(10)),
            ("public.dropped", "tmp_dropped", None),
        ] {
            assert_eq!(seconds(text, table, replica), expected, "{table}");
        }
    }

    #[test]
    fn each_source_has_its_own() {
        let text = "[sources.a]\nurl = \"x://\"\nschema = \"app\"\ntables = [\"t\"]\nsync_interval = 1\n\
            [sources.b]\nurl = \"x://\"\ntables = [\"t\"]\nsync_interval = 2\n";
        assert_eq!(seconds(text, "app.t", "tmp_a_t"), Some(1));
        assert_eq!(seconds(text, "public.t", "tmp_b_t"), Some(2));
    }
}
