use std::path::PathBuf;

/// Whether a client that may read `performance_schema` sees the open transactions of others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Transactions {
    /// `performance_schema` is on, with what it needs to know transactions.
    #[default]
    Visible,
    /// `performance_schema` is off: as MariaDB ships.
    Hidden,
}

/// What is special about a server. The default is what the shared server has: transactions are visible, row binlog with GTIDs,
/// 300 connections, utf8mb4, no fsync.
#[derive(Debug, Clone, Default)]
pub struct MysqlOptions {
    pub(super) root: Option<PathBuf>,
    pub(super) transactions: Transactions,
    pub(super) settings: Vec<String>,
}

impl MysqlOptions {
    /// No specialities.
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses the release that was unpacked into this folder, not the one of the machine.
    #[must_use]
    pub fn root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.root = Some(folder.into());
        self
    }

    /// Whether open transactions can be seen.
    #[must_use]
    pub fn transactions(mut self, transactions: Transactions) -> Self {
        self.transactions = transactions;
        self
    }

    /// A setting of the server, as it stands on its command line without the dashes: `("max-connections", "10")`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push(format!("--{name}={value}"));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_one_argument() {
        let options = MysqlOptions::new().setting("sql-mode", "ANSI,NO_ZERO_DATE");
        assert_eq!(options.settings, ["--sql-mode=ANSI,NO_ZERO_DATE"]);
    }
}
