use test_servers::{Postgres, PostgresOptions};

#[test]
fn a_standby_follows_pauses_and_takes_over() {
    let mut primary = Postgres::start(&PostgresOptions::new()).unwrap();
    let database = primary.database().unwrap();
    database.execute("CREATE TABLE t AS SELECT 1 AS a").unwrap();
    let standby = primary.standby().unwrap();
    let rows = || standby.query(database.name(), "SELECT count(*) FROM t").unwrap();
    assert_eq!(standby.query("postgres", "SELECT pg_is_in_recovery()").unwrap(), "t");
    assert_eq!(rows(), "1");

    standby.pause_replay().unwrap();
    database.execute("INSERT INTO t VALUES (2)").unwrap();
    assert_eq!(rows(), "1", "a paused standby stays where it is");
    standby.resume_replay().unwrap();
    standby.wait_until_caught_up(&primary).unwrap();
    assert_eq!(rows(), "2");

    standby.cut_off().unwrap();
    database.execute("INSERT INTO t VALUES (4)").unwrap();
    primary.kill().unwrap();
    standby.promote().unwrap();
    standby.query(database.name(), "INSERT INTO t VALUES (3)").unwrap();
    assert_eq!(rows(), "3");
    assert!(standby.promote().is_err(), "it is a primary now");
}

#[test]
fn a_crash_loses_commits_that_were_not_waited_for_and_keeps_the_server() {
    let options = PostgresOptions::new().setting("synchronous_commit", "off").setting("wal_writer_delay", "10s");
    let server = Postgres::start(&options).unwrap();
    let database = server.database().unwrap();
    database.execute("CREATE TABLE t (a int); CHECKPOINT; INSERT INTO t VALUES (1)").unwrap();
    database.execute("SET synchronous_commit = on; INSERT INTO t VALUES (2)").unwrap();
    database.execute("INSERT INTO t VALUES (3)").unwrap();
    server.crash().unwrap();
    assert_eq!(database.query("SELECT a FROM t ORDER BY a").unwrap(), "1\n2");
}
