//! The source: a pool of connections and what was learned over them.

use sync_core::{
    Capabilities, Pulse, ReadRequest, Reader, Result, Source, SourceIdentity, SourceTable, Survey, TableId,
    TableSchema, async_trait,
};

use crate::config::PostgresConfig;
use crate::discover::discover;
use crate::known::Known;
use crate::pool::Pool;
use crate::pulse::pulse;
use crate::read::{read, try_out};
use crate::server::{clock, identity, survey};

/// A PostgreSQL database.
#[derive(Debug)]
pub struct PostgresSource {
    pool: Pool,
    schema: String,
    login: String,
    known: Known,
}

impl PostgresSource {
    /// Checks the settings and reads the certificates that they name. Connects when it is first asked for something.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](sync_core::ErrorKind::Config) when a setting is wrong or contradicts another.
    pub fn new(config: &PostgresConfig) -> Result<Self> {
        let settings = config.resolve()?;
        let pool = Pool::new(&settings)?;
        Ok(Self { pool, schema: settings.schema, login: settings.user, known: Known::default() })
    }
}

#[async_trait]
impl Source for PostgresSource {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new().default_schema(&self.schema).sweep().reconcile().filter()
    }

    async fn identity(&self) -> Result<SourceIdentity> {
        identity(&self.pool, &self.known).await
    }

    async fn discover(&self) -> Result<Vec<TableSchema>> {
        discover(&self.pool, &self.known).await
    }

    async fn pulse(&self) -> Result<Pulse> {
        pulse(&self.pool, &self.known).await
    }

    async fn try_out(&self, table: &SourceTable) -> Result<()> {
        try_out(&self.pool, &self.login, table).await
    }

    async fn clock(&self) -> Result<Option<i64>> {
        clock(&self.pool).await.map(Some)
    }

    async fn survey(&self, columns: &[(TableId, String)]) -> Result<Survey> {
        survey(&self.pool, columns).await
    }

    async fn read(&self, request: ReadRequest) -> Result<Box<dyn Reader>> {
        read(&self.pool, &self.known, &self.login, request).await
    }
}
