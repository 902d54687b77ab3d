//! All that differs between MySQL and MariaDB, and between their releases, in one place.

use std::fmt;

use super::{Release, release};

/// Whose server it is. What calls itself neither speaks MySQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flavor {
    /// From 8.0 on, with a data dictionary.
    MySql,
    /// 5.7, and whatever is older.
    OldMySql,
    MariaDb,
}

impl Flavor {
    /// From `version()` and `@@version_comment`.
    pub(crate) fn of(version: &str, comment: &str) -> Self {
        let is_mariadb = |text: &str| text.to_ascii_lowercase().contains("mariadb");
        match release(version) {
            _ if is_mariadb(version) || is_mariadb(comment) => Self::MariaDb,
            (..8, ..) => Self::OldMySql,
            _ => Self::MySql,
        }
    }

    /// The oldest release that is read, as numbers and as people write it.
    pub(super) fn oldest(self) -> (Release, &'static str) {
        match self {
            Self::MySql | Self::OldMySql => ((5, 7, 0), "5.7"),
            Self::MariaDb => ((10, 5, 0), "10.5"),
        }
    }

    /// Where single status variables can be asked for; anybody may.
    pub(super) fn status_table(self) -> &'static str {
        match self {
            Self::MySql | Self::OldMySql => "performance_schema.global_status",
            Self::MariaDb => "information_schema.GLOBAL_STATUS",
        }
    }

    /// The reference system of a column, in the information schema's list of columns.
    pub(crate) fn column_srid(self) -> &'static str {
        match self {
            Self::MySql => "SRS_ID",
            Self::OldMySql | Self::MariaDb => "NULL",
        }
    }

    /// Whether JSON is a text with a check.
    pub(crate) fn has_json_checks(self) -> bool {
        self == Self::MariaDb
    }

    /// Whether reference systems stand in a list of their own.
    pub(crate) fn has_geometry_columns(self) -> bool {
        self == Self::MariaDb
    }

    /// What ends statements that take long, switched off for a session: a copy takes what it takes.
    pub(super) fn no_limit(self) -> &'static str {
        match self {
            Self::MySql | Self::OldMySql => "max_execution_time = 0",
            Self::MariaDb => "max_statement_time = 0",
        }
    }
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MySql | Self::OldMySql => "MySQL",
            Self::MariaDb => "MariaDB",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flavor_is_known_by_its_version() {
        assert_eq!(Flavor::of("10.11.6-MariaDB-1", "Debian 12"), Flavor::MariaDb);
        assert_eq!(Flavor::of("11.4.2", "mariadb.org binary distribution"), Flavor::MariaDb);
        assert_eq!(Flavor::of("8.0.36", "MySQL Community Server - GPL"), Flavor::MySql);
        assert_eq!(Flavor::of("8.0.36-28", "Percona Server (GPL)"), Flavor::MySql);
        assert_eq!(Flavor::of("5.7.44-log", "MySQL Community Server (GPL)"), Flavor::OldMySql);
    }
}
