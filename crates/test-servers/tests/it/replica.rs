use test_servers::{Mysql, MysqlOptions};

#[test]
fn a_replica_follows_pauses_and_takes_over() {
    let mut primary = Mysql::start(&MysqlOptions::new()).unwrap();
    let database = primary.database().unwrap();
    database.execute("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)").unwrap();
    let replica = primary.replica(&MysqlOptions::new()).unwrap();
    let rows = || replica.query(database.name(), "SELECT count(*) FROM t").unwrap();
    replica.wait_until_caught_up(&primary).unwrap();
    assert_eq!(rows(), "1");
    assert_eq!(replica.query("mysql", "SELECT @@read_only").unwrap(), "1");

    replica.pause_replay().unwrap();
    database.execute("INSERT INTO t VALUES (2)").unwrap();
    assert_eq!(rows(), "1", "a paused replica stays where it is");
    replica.resume_replay().unwrap();
    replica.wait_until_caught_up(&primary).unwrap();
    assert_eq!(rows(), "2");

    primary.kill().unwrap();
    replica.promote().unwrap();
    replica.query(database.name(), "INSERT INTO t VALUES (3)").unwrap();
    assert_eq!(rows(), "3");
}
