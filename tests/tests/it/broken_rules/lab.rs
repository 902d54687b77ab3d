//! An engine within the test, whose reads can be waited for, and rounds of transactions around them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sink_sqlite::{SqliteConfig, SqliteSink};
use sync_core::Wanted;
use sync_core::engine::{Control, Engine, EngineSource, control};

use super::rule::Rule;
use super::source::{BrokenSource, Levers};
use crate::case::Case;
use crate::load::torture;
use crate::server::{OwnServer, Server};

/// Reads come several times a second.
const PATIENCE: Duration = Duration::from_secs(30);
/// Keys that no load uses.
const FIRST: i64 = 1_000_000;
/// A session tells what it wrote only now and then, unless it is told to.
const COUNT_NOW: &str = "; SELECT pg_stat_force_next_flush()";

/// An engine that keeps `torture` fresh. The server is its own: whoever has a transaction open elsewhere would hold horizons back.
pub(super) struct Lab {
    pub(super) case: Case,
    pub(super) levers: Arc<Levers>,
    rule: Rule,
    round: AtomicU64,
    control: Control,
    engine: Option<JoinHandle<()>>,
    _server: Arc<OwnServer>,
}

impl Lab {
    pub(super) fn start(which: Server, rule: Rule) -> Self {
        let server = Arc::new(OwnServer::start(which));
        let case = Case::own(&server, torture(which));
        case.sql("INSERT INTO torture (id) SELECT g FROM generate_series(1000001, 1000200) g");
        let source = BrokenSource::new(&server, &case.database, rule);
        let levers = source.levers();
        let engine = engine(&case, source, rule.wanted(which));
        let (control, commands) = control();
        let engine = std::thread::spawn(move || runtime().block_on(engine.run(commands)).unwrap());
        let lab = Self { case, levers, rule, round: AtomicU64::new(0), control, engine: Some(engine), _server: server };
        lab.settle();
        lab
    }

    /// A transaction that stays open around reads, and what is lost of it when everything had its time to arrive.
    pub(super) fn round(&self) -> Vec<String> {
        let round = self.round.fetch_add(1, Ordering::Relaxed) as i64;
        let (new, newer) = (FIRST + 1000 + round, FIRST + 5000 + round);
        let (silent, moved, unlucky) = (FIRST + 1 + round, FIRST + 101 + round, FIRST + 51 + round);
        let mut late = self.case.connect();
        late.execute(&format!(
            "BEGIN; INSERT INTO torture (id) VALUES ({new});
             UPDATE torture SET noise = noise + 1 WHERE id = {silent};
             SAVEPOINT s; UPDATE torture SET noise = noise + 1, updated_at = clock_timestamp() WHERE id = {moved};
             RELEASE SAVEPOINT s"
        ));
        let count_now = if self.case.server() == Server::Postgres { COUNT_NOW } else { "" };
        if self.rule.looks_at_counters() {
            let sql = format!("UPDATE torture SET noise = noise + 1 WHERE id = {unlucky}{count_now}");
            *self.levers.after_sweep.lock().unwrap() = Some(sql);
        }
        // The cursor passes over what is still open.
        self.case.sql(&format!("INSERT INTO torture (id) VALUES ({newer}){count_now}"));
        if self.rule.looks_at_counters() {
            self.wait(|| self.levers.after_sweep.lock().unwrap().is_none());
        }
        self.settle();
        if self.rule == Rule::PollMovesHorizon {
            // Between two sweeps, so that the next one comes after a poll that saw the commit.
            let polls = &self.levers.begun.polls;
            let enough = polls.load(Ordering::SeqCst) + 2;
            self.wait(|| polls.load(Ordering::SeqCst) >= enough);
        }
        if self.rule.looks_at_counters() {
            // Whatever else is written would bring the row that the counters hide.
            late.execute("ROLLBACK");
        } else {
            late.execute("COMMIT");
        }
        self.settle();
        lost(&self.case, &format!("id IN ({new}, {newer}, {silent}, {moved}, {unlucky})"))
    }

    /// Waits until what is committed now has been read and stored, by whatever way the rule leaves.
    pub(super) fn settle(&self) {
        let begun = &self.levers.begun;
        let reads = match self.rule {
            Rule::PollOnly => &begun.polls,
            rule if rule.has_old_keys() || rule == Rule::Race || !self.sweeps() => &begun.keys,
            _ => &begun.sweeps,
        };
        // The next read to begin sees it; the one after that begins when its rows are stored. Whole rows that differ are read twice.
        let enough = reads.load(Ordering::SeqCst) + if self.sweeps() { 2 } else { 4 };
        self.wait(|| reads.load(Ordering::SeqCst) >= enough);
    }

    fn sweeps(&self) -> bool {
        self.case.server() == Server::Postgres
    }

    fn wait(&self, condition: impl Fn() -> bool) {
        let started = Instant::now();
        while !condition() {
            assert!(started.elapsed() < PATIENCE, "the engine does not read");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.control.stop();
        if let Some(engine) = self.engine.take() {
            engine.join().unwrap();
        }
    }
}

/// A copy that is cut and goes on, with changes in between to rows that it had given already; and what is lost of them.
pub(super) fn resumed_copy(which: Server, rule: Rule) -> Vec<String> {
    let server = Arc::new(OwnServer::start(which));
    let case = Case::own(&server, torture(which));
    let source = |cut| BrokenSource::new(&server, &case.database, rule).cut_after(cut);
    let mut engine = engine(&case, source(8), rule.wanted(which));
    let runtime = runtime();
    let first = runtime.block_on(engine.sync());
    assert!(first.tables[0].error.is_some() && first.tables[0].rows_read > 0, "{first:?}");
    case.sql(
        "UPDATE torture SET noise = 1 WHERE id = 3; UPDATE torture SET noise = 1, updated_at = now() WHERE id = 4",
    );
    case.sql("INSERT INTO torture (id, updated_at) VALUES (0, '2020-01-01')");
    engine.set_sources(vec![EngineSource::new(Box::new(source(usize::MAX)), rule.wanted(which))]);
    for _ in 0..2 {
        let report = runtime.block_on(engine.sync());
        assert!(report.tables[0].error.is_none(), "{report:?}");
    }
    lost(&case, "true")
}

fn engine(case: &Case, source: BrokenSource, wanted: Wanted) -> Engine {
    let sink = SqliteSink::open(SqliteConfig::new(case.replica_path())).unwrap();
    Engine::new(Box::new(sink), vec![EngineSource::new(Box::new(source), wanted)]).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Rows of the source that are missing in the replica or stale there.
fn lost(case: &Case, rows: &str) -> Vec<String> {
    let replica = case.query("SELECT id, version FROM tmp_torture");
    let replica: std::collections::HashSet<&str> = replica.lines().collect();
    let source = case.ask(&format!("SELECT id, version FROM torture WHERE {rows}"));
    source.lines().filter(|row| !replica.contains(row)).map(str::to_owned).collect()
}
