//! The source: a pool of connections and what was learned over them.

use sync_core::{
    Capabilities, Pulse, ReadRequest, Reader, Result, Source, SourceIdentity, SourceTable, Survey, TableId,
    TableSchema, async_trait,
};

use crate::config::MysqlConfig;
use crate::discover::discover;
use crate::known::Known;
use crate::pool::Pool;
use crate::pulse::{identity, pulse};
use crate::read::{read, try_out};
use crate::server::{clock, survey};

/// A MySQL or MariaDB server, seen from one of its databases.
#[derive(Debug)]
pub struct MysqlSource {
    pool: Pool,
    schema: String,
    known: Known,
}

impl MysqlSource {
    /// Checks the settings and reads the certificates that they name. Connects when it is first asked for something.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when a setting is wrong or contradicts another.
    pub fn new(config: &MysqlConfig) -> Result<Self> {
        let settings = config.resolve()?;
        let pool = Pool::new(&settings)?;
        Ok(Self { pool, schema: settings.schema, known: Known::default() })
    }
}

#[async_trait]
impl Source for MysqlSource {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new().default_schema(&self.schema).reconcile().filter()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        identity(&self.pool).await
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        discover(&self.pool, &self.known).await
    }

    async fn pulse(&self) -> Result<Pulse> {
        pulse(&self.pool, &self.known).await
    }

    async fn try_out(&self, table: &SourceTable) -> Result<()> {
        try_out(&self.pool, table).await
    }

    async fn clock(&self) -> Result<Option<i64>> {
        clock(&self.pool).await.map(Some)
    }

    async fn survey(&self, columns: &[(TableId, String)]) -> Result<Survey> {
        survey(&self.pool, columns).await
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        read(&self.pool, &self.known, request).await
    }
}
