//! What a server is: its maker, its release, and what its sessions must be told.

mod activity;
mod clock;
mod flavor;
mod settings;
mod survey;

use sync_core::{Error, Result, SourceIdentity};

pub(crate) use activity::{Counters, Stillness, counters};
pub(crate) use clock::clock;
pub(crate) use flavor::Flavor;
pub(crate) use settings::prepare;
pub(crate) use survey::survey;

/// A server as a new connection found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// Whose server it is; all that differs hangs on it.
    pub(crate) flavor: Flavor,
    /// `10.11.6-MariaDB-1~deb12u1`
    pub(crate) version: String,
    /// `server_uuid` or `server_uid`; what stands for it where the release has neither.
    pub(crate) id: String,
    /// The account that the server took the login for, quoted as GRANT takes it: `` `app`@`%` ``.
    pub(crate) account: String,
}

/// Major, minor and patch release.
pub(crate) type Release = (u16, u16, u16);

impl Server {
    /// The server and the database on it, which stay the same over restarts.
    pub(crate) fn identity(&self, database: &str) -> SourceIdentity {
        // `10.11.6-MariaDB-1~deb12u1`
        let release = self.version.split('-').next().unwrap_or_default();
        let description = format!("{} {release}, database {database}", self.flavor);
        SourceIdentity::new(format!("{}/{database}", self.id), description)
    }
}

/// Refuses releases that lack what the reads are built on.
fn supported(flavor: Flavor, version: &str) -> Result<()> {
    let (oldest, shown) = flavor.oldest();
    if release(version) >= oldest {
        return Ok(());
    }
    Err(Error::unsupported(format!("the server is {flavor} {version}"))
        .hint(format!("{shown} is the oldest that is supported")))
}

/// The numbers that a version begins with.
fn release(version: &str) -> Release {
    let mut numbers = version.split(|letter: char| !letter.is_ascii_digit()).map(|digits| digits.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_the_numbers_at_the_start() {
        assert_eq!(release("10.11.6-MariaDB-1:10.11.6+maria~ubu2204"), (10, 11, 6));
        assert_eq!(release("8.0.mysql_aurora.3.05.2"), (8, 0, 0));
        assert_eq!(release("9.7.0"), (9, 7, 0));
        assert_eq!(release(""), (0, 0, 0));
    }

    #[test]
    fn releases_that_are_too_old_are_named() {
        assert_eq!(
            supported(Flavor::OldMySql, "5.6.51-log").unwrap_err().to_string(),
            "the server is MySQL 5.6.51-log; 5.7 is the oldest that is supported"
        );
        assert_eq!(
            supported(Flavor::MariaDb, "10.4.3-MariaDB").unwrap_err().to_string(),
            "the server is MariaDB 10.4.3-MariaDB; 10.5 is the oldest that is supported"
        );
        for (flavor, version) in [(Flavor::OldMySql, "5.7.0"), (Flavor::MySql, "9.7.1"), (Flavor::MariaDb, "11.8.2")] {
            supported(flavor, version).unwrap();
        }
    }

    #[test]
    fn a_server_and_a_database_make_an_identity() {
        let server = Server {
            flavor: Flavor::MariaDb,
            version: "10.11.6-MariaDB".to_owned(),
            id: "uid".to_owned(),
            account: String::new(),
        };
        let identity = server.identity("shop");
        assert_eq!((identity.id(), identity.description()), ("uid/shop", "MariaDB 10.11.6, database shop"));
    }
}
