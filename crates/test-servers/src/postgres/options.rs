use std::path::PathBuf;

/// What is special about a server. The default is what the shared server has: `wal_level = logical`, 200 connections,
/// 50 prepared transactions, no fsync, `pg_stat_statements` where available.
#[derive(Debug, Clone, Default)]
pub struct PostgresOptions {
    pub(crate) bin: Option<PathBuf>,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) logins: Vec<String>,
}

impl PostgresOptions {
    /// No specialities.
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses the server programs in this folder, not the ones of the machine.
    #[must_use]
    pub fn bin(mut self, folder: impl Into<PathBuf>) -> Self {
        self.bin = Some(folder.into());
        self
    }

    /// A line of `postgresql.conf`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A line of `pg_hba.conf`, before the usual ones: `hostssl all app 127.0.0.1/32 scram-sha-256`.
    #[must_use]
    pub fn login(mut self, line: &str) -> Self {
        self.logins.push(line.to_owned());
        self
    }

    pub(crate) fn configuration(&self) -> String {
        let line = |(name, value): &(String, String)| format!("{name} = '{}'\n", value.replace('\'', "''"));
        self.settings.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted() {
        let options = PostgresOptions::new().setting("application_name", "it's");
        assert_eq!(options.configuration(), "application_name = 'it''s'\n");
    }
}
