//! The table at a real server, its replica, the engine between them, and the model beside them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::engine::{Engine, EngineSource};
use sync_core::{TableSettings, Wanted};
use tokio::sync::Notify;

use super::interrupt::{Ending, Interrupted};
use super::operation::Operation;
use super::table::Model;
use crate::case::Case;
use crate::compare::Differences;
use crate::server::Client;

const TABLE: &str = "DROP TABLE IF EXISTS model;
CREATE TABLE model (id bigint PRIMARY KEY, value bigint, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX model_by_time ON model (at, id)";

/// Keys of the transaction that stays open: nobody waits for its locks.
const LATE: i64 = 1000;

pub(super) struct World<'a> {
    case: &'a Case,
    client: Client,
    /// A transaction that stays open, and the model as it will be when it is committed.
    open: Option<(Client, Vec<(i64, i64)>)>,
    model: Model,
    columns: usize,
    folder: tempfile::TempDir,
}

impl<'a> World<'a> {
    pub(super) fn new(case: &'a Case) -> Self {
        let mut client = case.connect();
        client.execute(TABLE);
        let folder = tempfile::tempdir().unwrap();
        Self { case, client, open: None, model: Model::new(), columns: 0, folder }
    }

    /// Everything in turn; what differs after a sync is the error.
    pub(super) fn live_through(&mut self, operations: &[Operation]) -> Result<(), String> {
        operations.iter().enumerate().try_for_each(|(step, operation)| {
            self.carry_out(operation).map_err(|error| format!("step {step}, {operation:?}: {error}"))
        })
    }

    pub(super) fn carry_out(&mut self, operation: &Operation) -> Result<(), String> {
        match *operation {
            Operation::Insert { id, value, late } => {
                let stamp = if late { "'2020-01-01'" } else { "DEFAULT" };
                self.sql(&format!(
                    "INSERT INTO model (id, value, at) VALUES ({id}, {value}, {stamp}) ON CONFLICT DO NOTHING"
                ));
                self.model.insert(id, value);
            }
            Operation::Update { id, value } => {
                self.sql(&format!("UPDATE model SET value = {value}, at = clock_timestamp() WHERE id = {id}"));
                self.model.update(id, value);
            }
            Operation::SilentUpdate { id, value } => {
                self.sql(&format!("UPDATE model SET value = {value} WHERE id = {id}"));
                self.model.update(id, value);
            }
            Operation::Delete { id } => {
                self.sql(&format!("DELETE FROM model WHERE id = {id}"));
                self.model.rows.remove(&id);
            }
            Operation::Move { from, to } => {
                let free = format!("NOT EXISTS (SELECT 1 FROM model WHERE id = {to})");
                self.sql(&format!("UPDATE model SET id = {to} WHERE id = {from} AND {free}"));
                self.model.move_row(from, to);
            }
            Operation::Open { id, value, rolls_back_to_savepoint } => self.open(id, value, rolls_back_to_savepoint),
            Operation::Close { commit } => self.close(commit),
            Operation::Truncate | Operation::AddColumn { .. } | Operation::DropColumn => self.change_table(operation),
            Operation::CutSync { after } => drop(self.sync(after, Ending::Cut)),
            Operation::AbandonedSync { after } => drop(self.sync(after, Ending::Silence)),
            Operation::Settle => {
                self.sync(usize::MAX, Ending::Cut)?;
                return self.compare();
            }
        }
        Ok(())
    }

    pub(super) fn compare(&self) -> Result<(), String> {
        let replica = self.replica().map_err(|error| format!("the replica can't be read: {error}"))?;
        let differences = Differences::between(&self.model.text(), &replica);
        if differences.is_empty() { Ok(()) } else { Err(format!("{differences:?}")) }
    }

    fn sql(&mut self, sql: &str) {
        self.client.execute(sql);
    }

    /// These need the table for themselves, so what stands open is committed before.
    fn change_table(&mut self, operation: &Operation) {
        self.close(true);
        match operation {
            Operation::Truncate => {
                self.sql("TRUNCATE TABLE model");
                self.model.rows.clear();
            }
            Operation::AddColumn { default } => {
                // Of two names, so that they come back.
                self.columns += 1;
                let name = format!("added{}{}", self.model.columns.len(), self.columns % 2);
                let default_sql = default.map(|value| format!("DEFAULT {value}")).unwrap_or_default();
                self.sql(&format!("ALTER TABLE model ADD COLUMN {name} bigint {default_sql}"));
                self.model.add_column(&name, *default);
            }
            _ => {
                if let Some(name) = self.model.drop_column() {
                    self.sql(&format!("ALTER TABLE model DROP COLUMN {name}"));
                }
            }
        }
    }

    fn open(&mut self, id: i64, value: i64, rolls_back_to_savepoint: bool) {
        if self.open.is_some() {
            return;
        }
        let upsert = |value: i64| {
            let id = LATE + id;
            format!(
                "INSERT INTO model (id, value) VALUES ({id}, {value}) ON CONFLICT (id) DO UPDATE SET value = excluded.value;"
            )
        };
        let mut client = self.case.connect();
        let end = if rolls_back_to_savepoint { "ROLLBACK TO s" } else { "RELEASE SAVEPOINT s" };
        client.execute(&format!("BEGIN; {} SAVEPOINT s; {} {end}", upsert(value), upsert(value + 1)));
        let written = if rolls_back_to_savepoint { value } else { value + 1 };
        self.open = Some((client, vec![(LATE + id, written)]));
    }

    fn close(&mut self, commit: bool) {
        let Some((mut client, changes)) = self.open.take() else { return };
        client.execute(if commit { "COMMIT" } else { "ROLLBACK" });
        for (id, value) in changes.into_iter().filter(|_| commit) {
            self.model.insert(id, value);
            self.model.update(id, value);
        }
    }

    /// One sync by an engine of its own, as far as `batches` reach.
    fn sync(&self, batches: usize, ending: Ending) -> Result<(), String> {
        let silent = Arc::new(Notify::new());
        let source = Interrupted {
            source: self.case.database.source(),
            left: Arc::new(AtomicUsize::new(batches)),
            ending,
            silent: Arc::clone(&silent),
        };
        let sink = self.open_replica();
        let engine = Engine::new(Box::new(sink), vec![EngineSource::new(Box::new(source), wanted())]).unwrap();
        // Connections go with the runtime, as they do with a process.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let report = runtime.block_on(async {
            tokio::select! {
                report = engine.sync() => Some(report),
                () = silent.notified() => None,
            }
        });
        let report = report.ok_or("the sync was abandoned")?;
        match report.tables.first() {
            Some(table) if table.error.is_none() => Ok(()),
            _ => Err(format!("the sync failed: {report:?}")),
        }
    }

    /// The lock of the engine before may live on for a moment: a process that another test is just starting has it too, until it runs
    /// its program.
    fn open_replica(&self) -> SqliteSink {
        let started = Instant::now();
        loop {
            match SqliteSink::open(SqliteConfig::new(self.replica_path())) {
                Ok(sink) => return sink,
                Err(error) => assert!(started.elapsed() < Duration::from_secs(10), "{error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn replica(&self) -> rusqlite::Result<String> {
        let replica = Connection::open(self.replica_path())?;
        let columns = self.model.columns.join(", ");
        let mut select = replica.prepare(&format!("SELECT id, {columns} FROM tmp_model ORDER BY id"))?;
        let width = self.model.columns.len();
        let rows = select.query_map([], |row| {
            let cell = |column| row.get::<_, Option<i64>>(column).map(|value| value.map(|value| value.to_string()));
            let cells: Vec<_> = (0..=width).map(cell).collect::<Result<_, _>>()?;
            Ok(cells.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|"))
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?.join("\n"))
    }

    fn replica_path(&self) -> PathBuf {
        self.folder.path().join("replica.db")
    }
}

fn wanted() -> Wanted {
    let mut wanted = Wanted::tables(["model".parse().unwrap()]);
    let mut defaults = TableSettings::default();
    defaults.timestamp_column = Some("at".to_owned());
    // Small batches: many places at which a sync can be broken off.
    defaults.batch_size = Some(3);
    defaults.max_delete_fraction = Some(1.0);
    // Counters that come late may hide a change for a while; what is checked here is the rest.
    defaults.max_skip = Some(Duration::ZERO);
    defaults.reconcile_interval = Some(Duration::ZERO);
    wanted.defaults = defaults;
    wanted
}
