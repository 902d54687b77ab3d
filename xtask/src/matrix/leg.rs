//! One release: had, started, tested.

use std::fmt::Debug;
use std::path::Path;

use test_servers::install::{Installed, Release};
use test_servers::{
    CHOSEN_MYSQL, CHOSEN_POSTGRES, Mysql, MysqlOptions, Postgres, PostgresOptions, SHARED_MYSQL, SHARED_MYSQL_HIDDEN,
    SHARED_POSTGRES, Transactions,
};

use super::page::Row;
use super::{names, suite};
use crate::notice;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The releases of these names, all if there are none.
pub(super) fn chosen(only: &[String]) -> Result<Vec<Release>> {
    let named = only.iter().map(|name| Release::named(name));
    let all = names().map(Release::named);
    let releases = if only.is_empty() { all.collect() } else { named.collect::<test_servers::Result<Vec<_>>>() };
    Ok(releases?)
}

/// A release whose servers run.
pub(super) struct Leg {
    release: Release,
    version: String,
    servers: Servers,
}

impl Leg {
    /// Gets the release and starts its servers. An error is the reason why the leg is skipped.
    pub(super) fn start(release: Release) -> Result<Self> {
        let installed = release.install(&notice)?;
        let servers = Servers::start(release, &installed)?;
        Ok(Self { release, version: installed.version, servers })
    }

    /// Runs its tests: what came of them. An error is none of the release's: the tests do not compile, for instance.
    pub(super) fn test(&self, nextest: &Path) -> Result<Row> {
        let cells = suite::of(self.release).into_iter().map(|suite| suite.run(nextest, &self.servers.environment));
        Ok(Row::new(self.release.name, &self.version, cells.collect::<Result<_>>()?))
    }
}

/// The shared servers of one release, running until dropped.
struct Servers {
    /// Where the tests find them.
    environment: Vec<(&'static str, String)>,
    _running: Vec<Box<dyn Debug>>,
}

impl Servers {
    fn start(release: Release, installed: &Installed) -> Result<Self> {
        if release.is_postgres() { Self::postgres(&installed.folder) } else { Self::mysql(&installed.folder) }
    }

    fn postgres(folder: &Path) -> Result<Self> {
        let server = Postgres::start(&PostgresOptions::new().bin(folder))?;
        let address = format!("{}:{}", server.host(), server.port());
        let environment = vec![(CHOSEN_POSTGRES, folder.display().to_string()), (SHARED_POSTGRES, address)];
        Ok(Self { environment, _running: vec![Box::new(server)] })
    }

    fn mysql(folder: &Path) -> Result<Self> {
        let mut environment = vec![(CHOSEN_MYSQL, folder.display().to_string())];
        let mut running: Vec<Box<dyn Debug>> = Vec::new();
        for (variable, transactions) in
            [(SHARED_MYSQL, Transactions::Visible), (SHARED_MYSQL_HIDDEN, Transactions::Hidden)]
        {
            let server = Mysql::start(&MysqlOptions::new().root(folder).transactions(transactions))?;
            environment.push((variable, format!("{}:{}", server.host(), server.port())));
            running.push(Box::new(server));
        }
        Ok(Self { environment, _running: running })
    }
}
