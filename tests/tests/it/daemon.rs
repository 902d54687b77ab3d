//! `data-sync run`: tables that keep themselves fresh, whatever happens around them.

use std::time::{Duration, Instant};

use test_servers::long_test_length;

use crate::case::Case;
use crate::proxy::{Mode, Proxy};
use crate::running::{Daemon, QUIET, count, wait_until};
use crate::server::{OwnServer, Server, on_each_server};
use crate::writer::{VERSIONS, Writer, assert_versions_equal};

on_each_server!(
    heavy_killed_every_second_under_a_writer_it_ends_equal,
    heavy_a_reader_sees_committed_states_only_and_none_goes_back,
    heavy_an_outage_is_logged_once_and_recovered_from
);

fn heavy_killed_every_second_under_a_writer_it_ends_equal(server: Server) {
    let case = Case::new(server, VERSIONS);
    case.configure(&format!("sync_interval = 0.1\ntables = [\"versions\"]\n{QUIET}"));
    let writer = Writer::start(&case);
    let started = Instant::now();
    let mut restarts = 0;
    while started.elapsed() < long_test_length() {
        let daemon = Daemon::start(&case);
        std::thread::sleep(Duration::from_millis(700 + 170 * (restarts % 7)));
        drop(daemon);
        restarts += 1;
    }
    writer.stop();
    case.sync();
    assert_versions_equal(&case);
    assert!(restarts >= 3);
}

fn heavy_a_reader_sees_committed_states_only_and_none_goes_back(server: Server) {
    let case = Case::new(server, VERSIONS);
    case.configure(&format!("sync_interval = 0.05\ntables = [\"versions\"]\n{QUIET}"));
    let daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || count(&case, "tmp_versions").is_some());
    let writer = Writer::start(&case);
    let replica = case.replica();
    let mut select = replica.prepare("SELECT id, v, twin FROM tmp_versions ORDER BY id").unwrap();
    let (mut seen, mut reads, mut moves) = (std::collections::BTreeMap::new(), 0, 0);
    let started = Instant::now();
    while started.elapsed() < long_test_length() {
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let (id, v, twin): (i64, i64, i64) = (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
            assert_eq!(v, twin, "row {id} has a state that was never committed");
            let before = seen.insert(id, v).unwrap_or(0);
            assert!(v >= before, "row {id} went back from {before} to {v}");
            moves += u64::from(v > before);
        }
        reads += 1;
    }
    assert!(reads > 10 && moves > 100, "{reads} reads saw {moves} changes");
    writer.stop();
    drop(daemon);
    case.sync();
    assert_versions_equal(&case);
}

#[test]
fn heavy_a_hundred_tables_at_one_second_are_polled_once_each() {
    let tables: String = (0..100)
        .map(|n| format!("CREATE TABLE t{n} (id int PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now()); INSERT INTO t{n} VALUES (1);"))
        .collect();
    let case = Case::postgres(&format!("CREATE EXTENSION IF NOT EXISTS pg_stat_statements; {tables}"));
    // Sweeps and reconciles have intervals of their own; here only polls are counted.
    case.configure(&format!("sync_interval = 1\nsweep_interval = 3600\ntables = [\"t*\"]\n{QUIET}"));
    let daemon = Daemon::start(&case);
    wait_until("the first copies", &daemon, || (0..100).all(|n| count(&case, &format!("tmp_t{n}")) == Some(1)));
    let database = case.database.name().to_owned();
    let calls = || {
        let sql = format!(
            "SELECT coalesce(min(calls), 0), coalesce(max(calls), 0), count(*) FROM (SELECT sum(calls) AS calls
             FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
             WHERE d.datname = '{database}' AND query LIKE '%ORDER BY%updated_at%' AND query NOT LIKE '%DESC%'
               AND query NOT LIKE 'COPY%' GROUP BY substring(query from 'FROM (\"[^ ]+)')) x"
        );
        let answer = case.ask(&sql);
        let numbers: Vec<i64> = answer.split('|').map(|text| text.parse().unwrap()).collect();
        (numbers[0], numbers[1], numbers[2])
    };
    wait_until("a first poll of each table", &daemon, || calls().2 == 100);
    // From now on: tables that were copied first have been polled more often by now.
    case.ask("SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database()");
    let started = Instant::now();
    std::thread::sleep(Duration::from_secs(5));
    let ((least, most, polled), seconds) = (calls(), started.elapsed().as_secs_f64());
    assert_eq!(polled, 100);
    let expected = seconds as i64;
    assert!(least >= expected - 3, "{least} polls of some table in {seconds:.1} s");
    assert!(most <= expected + 3, "{most} polls of some table in {seconds:.1} s");
    drop(daemon);
}

fn heavy_an_outage_is_logged_once_and_recovered_from(server: Server) {
    let mut own = OwnServer::start(server);
    let case = Case::own(&own, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    let proxy = Proxy::to(&own);
    case.configure_with(
        &format!("sync_interval = 0.2\ntables = [\"t\"]\n{QUIET}"),
        &format!(
            "url = \"{}\"\nconnect_timeout = 2\nstatement_timeout = 2\nidle_timeout = 2",
            case.url_at(proxy.port())
        ),
    );
    let daemon = Daemon::start(&case);
    let arrives = |ids: i64| wait_until(&format!("row {ids}"), &daemon, || count(&case, "tmp_t") == Some(ids));
    arrives(1);

    for (number, mode) in [(2, Mode::Cut), (3, Mode::Swallow)] {
        let before = outages(&daemon);
        proxy.set(mode);
        wait_until("a log line about the outage", &daemon, || outages(&daemon) > before);
        std::thread::sleep(Duration::from_secs(4));
        assert_eq!(outages(&daemon), before + 1, "{:#?}", daemon.log());
        proxy.set(Mode::Pass);
        case.sql(&format!("INSERT INTO t VALUES ({number})"));
        arrives(number);
    }
    own.kill();
    std::thread::sleep(Duration::from_secs(3));
    own.restart();
    case.sql("INSERT INTO t VALUES (4)");
    arrives(4);
    let log = daemon.kill();
    assert!(log.len() < 40, "{log:#?}");
}

/// How often a failure of the source, as against one of a table, began.
fn outages(daemon: &Daemon) -> usize {
    daemon.log().iter().filter(|line| line.contains("the source can't be asked")).count()
}
