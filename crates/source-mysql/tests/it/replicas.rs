//! Servers whose rows are written elsewhere, and arrive when they do.

use source_mysql::{MysqlConfig, MysqlSource};
use sync_core::Source;
use test_servers::{Mysql, MysqlOptions};

use crate::place::Place;

/// A replica is behind by nobody knows how much, so its clock says nothing of what is still to come.
#[tokio::test]
async fn a_cursor_stays_behind_what_may_still_arrive() {
    let primary = Mysql::start(&MysqlOptions::new()).unwrap();
    let place = Place::at(
        &primary,
        "CREATE TABLE t (id int PRIMARY KEY, at timestamp NOT NULL, KEY (at)); CREATE TABLE l (id int PRIMARY KEY, at datetime(6) NOT NULL);
         INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-02'); INSERT INTO l SELECT * FROM t",
    )
    .await;
    let replica = primary.replica(&MysqlOptions::new()).unwrap();
    replica.wait_until_caught_up(&primary).unwrap();
    let url = place.database.reader_url().replace(&format!(":{}/", primary.port()), &format!(":{}/", replica.port()));
    let place = Place { source: MysqlSource::new(&MysqlConfig::new(url)).unwrap(), ..place };
    for name in ["t", "l"] {
        let table = place.table(name, Some("at"), Some("id")).await;
        let copy = place.read(&table, None, 10).await;
        assert_eq!(copy.column(0), ["1", "2"]);
        assert_eq!(copy.watermark().id(), Some("1"), "the latest row has not settled, however old it is");
        let poll = place.read(&table, Some(&copy.watermark()), 10).await;
        assert_eq!(poll.column(0), ["2"]);
        assert_eq!(poll.watermark(), copy.watermark(), "and the cursor stays");

        // Stamped before the latest, committed and sent after it.
        place.run(&format!("INSERT INTO {name} VALUES (3, '2024-01-01 23:59:55')")).await;
        replica.wait_until_caught_up(&primary).unwrap();
        let poll = place.read(&table, Some(&poll.watermark()), 10).await;
        assert_eq!(poll.column(0), ["3", "2"]);

        place.run(&format!("INSERT INTO {name} VALUES (4, '2024-01-02 00:00:11')")).await;
        replica.wait_until_caught_up(&primary).unwrap();
        let poll = place.read(&table, Some(&poll.watermark()), 10).await;
        assert_eq!(poll.column(0), ["3", "2", "4"]);
        assert_eq!(poll.watermark().id(), Some("2"));
    }
    let caveat = place.source.discover().await.unwrap()[0].caveat().unwrap().clone();
    assert!(caveat.reason.starts_with("its rows are written on another server"), "{caveat:?}");
    assert_eq!(caveat.remedy, "connect to the primary server");
}
