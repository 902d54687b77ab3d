//! The source: a pool of connections and what was learned over them.

use sync_core::{Capabilities, Pulse, ReadRequest, Reader, Result, Source, SourceIdentity, TableSchema, async_trait};

use crate::config::MysqlConfig;
use crate::discover::discover;
use crate::known::Known;
use crate::pool::Pool;
use crate::pulse::pulse;
use crate::read::read;

/// A MySQL or MariaDB server, seen from one of its databases.
#[derive(Debug)]
pub struct MysqlSource {
    pool: Pool,
    known: Known,
}

impl MysqlSource {
    /// Checks the settings and reads the certificates that they name. Connects when it is first asked for something.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when a setting is wrong or contradicts another.
    pub fn new(config: &MysqlConfig) -> Result<Self> {
        Ok(Self { pool: Pool::new(&config.resolve()?)?, known: Known::default() })
    }
}

#[async_trait]
impl Source for MysqlSource {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new().default_schema(self.pool.database()).reconcile().filter()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        Ok(pulse(&self.pool).await?.identity)
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        discover(&self.pool).await
    }

    async fn pulse(&self) -> Result<Pulse> {
        pulse(&self.pool).await
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        read(&self.pool, &self.known, request).await
    }
}
