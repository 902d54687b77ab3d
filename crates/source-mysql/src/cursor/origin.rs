//! Where the rows of a cursor came from, and whether what answers now goes on from there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::{Error, Result};

/// The server and the point in its history that a cursor stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    /// The server's own identifier, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<String>,
    /// The last transaction of each origin that the server had applied, by the numbers of its GTIDs; empty where it keeps none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) reached: Reached,
}

/// For each domain (MariaDB) or source (MySQL) of GTIDs, the highest number.
pub(crate) type Reached = BTreeMap<String, u64>;

impl Origin {
    /// Fails when `now` is not the server that was read, or forgot something of what was read. What one side does not know is not
    /// compared.
    ///
    /// # Errors
    /// `Replaced` or `Diverged`.
    pub(crate) fn check(&self, now: &Self) -> Result<()> {
        if let (Some(was), Some(is)) = (&self.server, &now.server)
            && was != is
        {
            return Err(Error::replaced(format!("server {was} was copied, and {is} answers now")));
        }
        for (origin, was) in &self.reached {
            let is = now.reached.get(origin).copied().unwrap_or_default();
            if is < *was {
                let what =
                    format!("the server is at transaction {is} of {origin} and was at {was}: it went back in time");
                return Err(Error::diverged(what));
            }
        }
        Ok(())
    }

    /// The same after rows that `now` gave were added. [`Origin::check`] comes first.
    pub(crate) fn and(&self, now: &Self) -> Self {
        let reached = if now.reached.is_empty() { &self.reached } else { &now.reached };
        Self { server: now.server.clone().or_else(|| self.server.clone()), reached: reached.clone() }
    }
}

/// Reads a set of GTIDs: `0-1-27,1-2-3` of MariaDB, where the domain comes first, or `uuid:1-5:7,uuid:tag:9` of MySQL. Parts that are
/// neither are left out.
pub(crate) fn reached(set: &str) -> Reached {
    let mut found = Reached::new();
    for part in set.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (origin, numbers) = match part.split_once(':') {
            Some((uuid, intervals)) => (uuid, intervals),
            None => (part.split('-').next().unwrap_or_default(), part.rsplit('-').next().unwrap_or_default()),
        };
        // A tag is no number, and its numbers follow it.
        let highest = numbers.split([':', '-']).filter_map(|number| number.trim().parse::<u64>().ok()).max();
        if let Some(highest) = highest {
            let kept = found.entry(origin.to_owned()).or_default();
            *kept = (*kept).max(highest);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use sync_core::ErrorKind;

    use super::*;

    fn origin(server: &str, set: &str) -> Origin {
        Origin { server: Some(server.to_owned()), reached: reached(set) }
    }

    #[test]
    fn sets_of_both_kinds_are_read() {
        let pairs = |set: &str| reached(set).into_iter().collect::<Vec<_>>();
        assert_eq!(pairs("0-1-27,7-12-3"), [("0".to_owned(), 27), ("7".to_owned(), 3)]);
        let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
        assert_eq!(pairs(&format!("{uuid}:1-5:11-18,\n{uuid}:blue:20")), [(uuid.to_owned(), 20)]);
        assert_eq!(pairs(&format!("{uuid}:7")), [(uuid.to_owned(), 7)]);
        assert!(pairs("").is_empty());
        assert!(pairs("what,-").is_empty());
    }

    #[test]
    fn another_server_is_refused() {
        let error = origin("a", "").check(&origin("b", "")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Replaced);
        assert_eq!(error.message(), "server a was copied, and b answers now");
        assert!(Origin::default().check(&origin("b", "")).is_ok());
        assert!(origin("a", "0-1-1").check(&origin("a", "0-1-1,1-1-1")).is_ok());
    }

    #[test]
    fn a_server_that_lost_transactions_is_noticed() {
        for set in ["0-1-6", ""] {
            let error = origin("a", "0-1-7").check(&origin("a", set)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Diverged);
            assert!(error.message().contains("of 0 and was at 7: it went back in time"), "{error}");
        }
    }

    #[test]
    fn what_is_reached_is_kept_where_it_is_not_told() {
        let both = origin("a", "0-1-7").and(&Origin::default());
        assert_eq!(both, origin("a", "0-1-7"));
        assert_eq!(both.and(&origin("a", "0-1-9")).reached, reached("0-1-9"));
    }
}
