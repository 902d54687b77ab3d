//! What the server's counters say: whether anybody wrote anything, and whether a definition may have changed.

use std::collections::BTreeMap;
use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sync_core::Result;

use super::Flavor;
use crate::error::within;

/// Counters that move with writes.
const WRITES: [&str; 5] = [
    "Binlog_snapshot_file",
    "Binlog_snapshot_position",
    "Innodb_lsn_current",
    "Innodb_redo_log_current_lsn",
    "Com_xa_commit",
];

/// Settings that tell how far the counters can be trusted, and positions of replication.
const POSITIONS: [&str; 6] = ["log_bin", "gtid_mode", "gtid_executed", "gtid_binlog_pos", "gtid_slave_pos", "wsrep_on"];

/// Statements that change what tables there are, what they look like, or who may read them.
const DEFINITIONS: &str = "^Com_(create|alter|drop|rename|grant|revoke|flush|install|uninstall|import)";

/// A server's counters as they stood once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters(BTreeMap<String, String>);

/// A text that stays the same while nobody writes, and how far that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stillness {
    /// It moves when a commit can be seen, and not before.
    Exact(String),
    /// It may move a moment before: only once it has stood still for a while, all that it tells of can be seen.
    Early(String),
    /// There is none.
    Unknown,
}

/// Asks for all of it at once.
pub(crate) async fn counters(connection: &mut Conn, flavor: Flavor, limit: Duration) -> Result<Counters> {
    within(limit, "tell its counters", read(connection, statements(flavor))).await
}

/// Three statements, one way there and back.
fn statements(flavor: Flavor) -> String {
    let listed = |names: &[&str]| names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    format!(
        "SHOW GLOBAL STATUS WHERE Variable_name IN ({}) OR Variable_name REGEXP '{DEFINITIONS}'; \
         SHOW GLOBAL VARIABLES WHERE Variable_name IN ({}); \
         SELECT 'started', UNIX_TIMESTAMP() - VARIABLE_VALUE FROM {} WHERE VARIABLE_NAME = 'Uptime'",
        listed(&WRITES),
        listed(&POSITIONS),
        flavor.status_table()
    )
}

async fn read(connection: &mut Conn, statements: String) -> Result<Counters, mysql_async::Error> {
    let mut result = connection.query_iter(statements).await?;
    let mut counters = BTreeMap::new();
    while !result.is_empty() {
        for row in result.try_collect::<(String, Option<String>)>().await?.into_iter().flatten() {
            counters.insert(row.0.to_ascii_lowercase(), row.1.unwrap_or_default());
        }
    }
    result.drop_result().await?;
    Ok(Counters(counters))
}

impl Counters {
    /// Equal as long as no statement was run that changes definitions or rights.
    pub(crate) fn definitions(&self) -> String {
        let ddl = |name: &str| name.starts_with("com_") && name != "com_xa_commit";
        let counted = self.0.iter().filter(|(name, _)| ddl(name)).map(|(_, count)| count.as_str());
        std::iter::once(self.text("started")).chain(counted).collect::<Vec<_>>().join(" ")
    }

    /// See [`Stillness`]. A crash may take back what was counted, so the start of the server is part of it.
    pub(crate) fn stillness(&self) -> Stillness {
        // MySQL tells its own a second late, so that can only stand beside another.
        let lsn = self.text("innodb_lsn_current");
        let writes = WRITES.iter().map(|name| self.text(&name.to_ascii_lowercase()));
        let positions = ["gtid_executed", "gtid_binlog_pos", "gtid_slave_pos"].map(|name| self.text(name));
        let parts = std::iter::once(self.text("started")).chain(writes).chain(positions);
        let token = parts.collect::<Vec<_>>().join("/");
        match () {
            () if self.text("started").is_empty() => Stillness::Unknown,
            // Transactions of other nodes, and those that were prepared apart, are not committed in the order of the binary log.
            () if self.is_exact() && !self.is_on("wsrep_on") && self.text("com_xa_commit") == "0" => {
                Stillness::Exact(token)
            }
            () if self.is_exact() || !lsn.is_empty() => Stillness::Early(token),
            () => Stillness::Unknown,
        }
    }

    /// MySQL adds a transaction to `gtid_executed` once it is committed. MariaDB moves `gtid_binlog_pos` when it writes the log, long
    /// before; but its snapshot position under the lock under which transactions become visible.
    fn is_exact(&self) -> bool {
        let logged = self.is_on("log_bin");
        logged && (self.is_on("gtid_mode") || !self.text("binlog_snapshot_position").is_empty())
    }

    fn is_on(&self, name: &str) -> bool {
        matches!(self.text(name), "ON" | "1")
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(pairs: &[(&str, &str)]) -> Counters {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Counters(pairs.iter().map(own).collect())
    }

    #[test]
    fn a_log_that_follows_commits_is_exact() {
        let mariadb = [("started", "1"), ("log_bin", "ON"), ("binlog_snapshot_position", "5"), ("com_xa_commit", "0")];
        assert!(matches!(counters(&mariadb).stillness(), Stillness::Exact(_)));
        let mysql = [("started", "1"), ("log_bin", "ON"), ("gtid_mode", "ON"), ("com_xa_commit", "0")];
        assert!(matches!(counters(&mysql).stillness(), Stillness::Exact(_)));
    }

    #[test]
    fn what_may_move_early_must_stand_still_first() {
        let prepared = [("started", "1"), ("log_bin", "ON"), ("gtid_mode", "ON"), ("com_xa_commit", "3")];
        assert!(matches!(counters(&prepared).stillness(), Stillness::Early(_)));
        let unlogged = [("started", "1"), ("log_bin", "OFF"), ("innodb_lsn_current", "7"), ("com_xa_commit", "0")];
        assert!(matches!(counters(&unlogged).stillness(), Stillness::Early(_)));
    }

    #[test]
    fn without_a_log_and_a_position_nothing_is_known() {
        let old = [("started", "1"), ("log_bin", "ON"), ("gtid_mode", "OFF"), ("com_xa_commit", "0")];
        assert_eq!(counters(&old).stillness(), Stillness::Unknown);
        let nameless = [("log_bin", "ON"), ("gtid_mode", "ON"), ("com_xa_commit", "0")];
        assert_eq!(counters(&nameless).stillness(), Stillness::Unknown);
    }

    #[test]
    fn definitions_are_told_apart_from_writes() {
        let before = counters(&[
            ("started", "1"),
            ("log_bin", "ON"),
            ("gtid_mode", "ON"),
            ("com_alter_table", "1"),
            ("com_xa_commit", "1"),
            ("gtid_executed", "a"),
        ]);
        let written = counters(&[
            ("started", "1"),
            ("log_bin", "ON"),
            ("gtid_mode", "ON"),
            ("com_alter_table", "1"),
            ("com_xa_commit", "2"),
            ("gtid_executed", "b"),
        ]);
        let altered = counters(&[
            ("started", "1"),
            ("log_bin", "ON"),
            ("gtid_mode", "ON"),
            ("com_alter_table", "2"),
            ("com_xa_commit", "1"),
            ("gtid_executed", "a"),
        ]);
        assert_eq!(before.definitions(), written.definitions());
        assert_ne!(before.definitions(), altered.definitions());
        assert_ne!(before.stillness(), written.stillness());
    }
}
