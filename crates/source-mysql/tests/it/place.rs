//! A database of its own for each test, a source that reads it, and reads that end or fail in time.

use std::sync::Arc;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use source_mysql::{MysqlConfig, MysqlSource};
use sync_core::{Cursor, Error, ReadRequest, Reader, Scope, Source, SourceTable, TableSchema};
use sync_testkit::reads::{self, request, table};
pub(crate) use sync_testkit::reads::{Given, next, next_batch, numbers, rows};
use test_servers::{Mysql, MysqlDatabase, MysqlFamily, Transactions};

pub(crate) struct Place {
    pub(crate) database: MysqlDatabase,
    pub(crate) source: MysqlSource,
    pub(crate) family: MysqlFamily,
}

impl Place {
    /// A new database in which `sql` was run, on a server as it ships.
    pub(crate) async fn with(sql: &str) -> Self {
        Self::on(Transactions::Hidden, sql).await
    }

    /// The same on a server that tells which transactions are open, and a login that may ask.
    pub(crate) async fn watched(sql: &str) -> Self {
        let place = Self::on(Transactions::Visible, sql).await;
        place.run(&format!("GRANT SELECT ON performance_schema.* TO {}", place.database.reader())).await;
        if place.family == MysqlFamily::Mysql {
            place.run(&format!("GRANT XA_RECOVER_ADMIN ON *.* TO {}", place.database.reader())).await;
        }
        for schema in place.discover().await {
            let told = schema.caveat().map_or("", |caveat| &caveat.reason);
            assert!(told.starts_with("rows have no version"), "the server does not watch: {told}");
        }
        place
    }

    /// The same on a server that tells, or does not, and a login that may not ask.
    pub(crate) async fn on(transactions: Transactions, sql: &str) -> Self {
        Self::at(Mysql::shared(transactions), sql).await
    }

    /// The same on a server of the test's own.
    pub(crate) async fn at(server: &Mysql, sql: &str) -> Self {
        let database = server.database().unwrap();
        let source = MysqlSource::new(&MysqlConfig::new(database.reader_url())).unwrap();
        let place = Self { database, source, family: server.family() };
        place.run(sql).await;
        place
    }

    /// A session of somebody who may do everything.
    pub(crate) async fn session(&self) -> Conn {
        let url = format!("{}?prefer_socket=false", self.database.url());
        Conn::new(Opts::from_url(&url).unwrap()).await.unwrap()
    }

    /// Runs statements, one after the other.
    pub(crate) async fn run(&self, sql: &str) {
        let mut session = self.session().await;
        session.query_drop("SET time_zone = '+00:00'").await.unwrap();
        let sql = &self.in_its_words(sql);
        session.query_drop(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        session.disconnect().await.unwrap();
    }

    /// MariaDB counts by tables called `seq_1_to_9`; MySQL does not. It lacks some types, each of which has a line of its own, and dates
    /// that are none must be allowed.
    fn in_its_words(&self, sql: &str) -> String {
        if self.family == MysqlFamily::Mariadb {
            return sql.to_owned();
        }
        let known = |line: &&str| !line.contains(" uuid PRIMARY KEY") && !line.contains(" inet6 PRIMARY KEY");
        let sql: Vec<&str> = sql.lines().filter(known).collect();
        let sql = sql.join("\n");
        let mut parts = sql.split("FROM seq_");
        let mut words = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(part.len());
            let (first, last) = part[..end].split_once("_to_").unwrap();
            let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
            let (low, high) = (first.min(last), first.max(last));
            let counted = "WITH RECURSIVE s (seq) AS (SELECT";
            words += &format!(
                "FROM ({counted} {low} UNION ALL SELECT seq + 1 FROM s WHERE seq < {high}) SELECT seq FROM s) AS counted"
            );
            words += &part[end..];
        }
        format!("SET SESSION cte_max_recursion_depth = 1000000, sql_mode = ''; {words}")
    }

    /// The first cell of an answer.
    pub(crate) async fn ask(&self, sql: &str) -> String {
        let mut session = self.session().await;
        let answer: Option<String> = session.query_first(sql).await.unwrap();
        session.disconnect().await.unwrap();
        answer.unwrap_or_default()
    }

    pub(crate) async fn discover(&self) -> Vec<TableSchema> {
        let all = self.source.discover().await.unwrap();
        all.into_iter().filter(|schema| schema.id().schema() == Some(self.database.name())).collect()
    }

    pub(crate) async fn schema(&self, name: &str) -> TableSchema {
        let found = self.discover().await.into_iter().find(|schema| schema.id().name() == name);
        found.unwrap_or_else(|| panic!("{name} is not listed"))
    }

    /// A table with these cursor columns.
    pub(crate) async fn table(&self, name: &str, timestamp: Option<&str>, id: Option<&str>) -> Arc<SourceTable> {
        table(self.schema(name).await, timestamp, id)
    }

    /// Reads a table from nothing or from a cursor.
    pub(crate) async fn read(&self, table: &Arc<SourceTable>, after: Option<&Cursor>, rows: usize) -> Given {
        self.give(Scope::Table(Arc::clone(table)), after, rows).await.unwrap()
    }

    /// The cursor of a complete copy.
    pub(crate) async fn caught_up(&self, table: &Arc<SourceTable>) -> Cursor {
        self.read(table, None, 1000).await.watermark()
    }

    pub(crate) async fn give(&self, scope: Scope, after: Option<&Cursor>, rows: usize) -> Result<Given, Error> {
        self.give_all(request(scope, after, rows)).await
    }

    pub(crate) async fn give_all(&self, request: ReadRequest) -> Result<Given, Error> {
        reads::read(&self.source, request).await
    }

    pub(crate) async fn start(
        &self,
        scope: Scope,
        after: Option<&Cursor>,
        rows: usize,
    ) -> Result<Box<dyn Reader>, Error> {
        reads::start(&self.source, request(scope, after, rows)).await
    }
}
