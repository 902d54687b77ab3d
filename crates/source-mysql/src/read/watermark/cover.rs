//! How far late commits are covered, in words.

use std::time::Duration;

use sync_core::Caveat;

/// Whether a poll knows of transactions that are still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// The server tells which they are.
    Watched,
    /// It does not; rows of the last while are read again each time instead.
    Overlap(Gap),
}

/// Why the server does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// The rows are written on another server.
    Elsewhere,
    /// It keeps no `performance_schema`.
    Off,
    /// The login may not read it.
    Denied,
    /// Some of what is needed is switched off there: consumers (0), instruments (1), or actors and threads (2).
    Disabled(usize),
    /// It had no memory for some of it.
    Lost,
    /// The login may not ask for prepared transactions.
    PreparedWithheld,
}

impl Cover {
    /// What is told of a table that is followed by its cursor: why less is promised than could be, and what would change that. `account` is
    /// that of the login, quoted; `overlap` is how far polls go back where the server does not tell.
    pub(crate) fn caveat(self, account: &str, overlap: Duration) -> Caveat {
        match self {
            Self::Watched => Caveat::new(
                "rows have no version, so deletes, changes that leave the cursor's column as it was, and rows that somebody \
                 dates back are found when the table is compared",
                "lower reconcile_interval",
            ),
            Self::Overlap(gap) => Caveat::new(
                format!(
                    "{}, so a transaction that takes longer than {overlap:?} may be missed until the table is compared",
                    gap.reason()
                ),
                gap.remedy(account),
            ),
        }
    }
}

impl Gap {
    fn reason(self) -> &'static str {
        match self {
            Self::Elsewhere => "its rows are written on another server and arrive here later",
            Self::Off => "the server runs without performance_schema",
            Self::Denied => "the login may not read performance_schema",
            Self::Disabled(_) => "performance_schema does not watch all statements and transactions",
            Self::Lost => "performance_schema ran out of room to watch all sessions",
            Self::PreparedWithheld => "the login may not ask for prepared transactions",
        }
    }

    fn remedy(self, account: &str) -> String {
        match self {
            Self::Elsewhere => "connect to the primary server".to_owned(),
            Self::Off => format!(
                "start the server with performance_schema = ON, performance-schema-instrument = 'transaction=ON', \
                 performance-schema-consumer-events-transactions-current = ON and \
                 performance-schema-consumer-events-statements-current = ON, and run \
                 GRANT SELECT ON performance_schema.* TO {account}"
            ),
            Self::Denied => format!("run GRANT SELECT ON performance_schema.* TO {account}"),
            Self::Disabled(0) => "run UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME IN \
                 ('global_instrumentation', 'thread_instrumentation', 'events_statements_current', \
                 'events_transactions_current'), and set it in the server's configuration too"
                .to_owned(),
            Self::Disabled(1) => "run UPDATE performance_schema.setup_instruments SET ENABLED = 'YES', TIMED = 'YES' \
                 WHERE NAME = 'transaction' OR NAME LIKE 'statement/%', and set it in the server's configuration too"
                .to_owned(),
            Self::Disabled(_) => {
                "leave one row with '%' everywhere in performance_schema.setup_actors, and let it watch \
                 all threads"
                    .to_owned()
            }
            Self::Lost => "set performance_schema_max_thread_instances = -1, and restart the server".to_owned(),
            Self::PreparedWithheld => format!("run GRANT XA_RECOVER_ADMIN ON *.* TO {account}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gap_says_how_it_is_closed() {
        for (gap, reason, remedy) in [
            (Gap::Elsewhere, "written on another server", "connect to the primary"),
            (Gap::Off, "runs without performance_schema", "performance_schema = ON"),
            (Gap::Denied, "may not read performance_schema", "GRANT SELECT ON performance_schema.* TO `o'brien`@`%`"),
            (Gap::Disabled(0), "does not watch all", "setup_consumers"),
            (Gap::Disabled(1), "does not watch all", "setup_instruments"),
            (Gap::Disabled(2), "does not watch all", "setup_actors"),
            (Gap::Lost, "ran out of room", "performance_schema_max_thread_instances"),
            (Gap::PreparedWithheld, "prepared transactions", "GRANT XA_RECOVER_ADMIN ON *.* TO `o'brien`@`%`"),
        ] {
            let caveat = Cover::Overlap(gap).caveat("`o'brien`@`%`", Duration::from_secs(30));
            assert!(caveat.reason.contains(reason) && caveat.reason.contains("longer than 30s"), "{caveat:?}");
            assert!(caveat.remedy.contains(remedy), "{caveat:?}");
        }
        assert!(Cover::Watched.caveat("`app`@`%`", Duration::ZERO).reason.contains("rows have no version"));
    }
}
