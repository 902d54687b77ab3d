//! What is said of late commits, and how it changes with what the server tells.

use test_servers::{MysqlFamily, Transactions};

use crate::place::Place;

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY)";

async fn told(place: &Place) -> (String, String) {
    let schema = place.schema("t").await;
    let caveat = schema.caveat().expect("a table without versions has a caveat").clone();
    (caveat.reason, caveat.remedy)
}

#[tokio::test]
async fn a_server_as_it_ships_says_what_it_lacks() {
    let (reason, remedy) = told(&Place::with(TABLE).await).await;
    assert!(reason.starts_with("the server runs without performance_schema"), "{reason}");
    assert!(remedy.contains("performance_schema = ON"), "{remedy}");
}

#[tokio::test]
async fn the_grant_that_is_missing_is_named_and_helps() {
    let place = Place::on(Transactions::Visible, TABLE).await;
    let (reason, remedy) = told(&place).await;
    assert!(reason.starts_with("the login may not read performance_schema"), "{reason}");
    assert_eq!(remedy, format!("run GRANT SELECT ON performance_schema.* TO `{}`@`%`", place.database.reader()));
    place.run(remedy.strip_prefix("run ").unwrap()).await;
    let (mut reason, remedy) = told(&place).await;
    if place.family == MysqlFamily::Mysql {
        assert!(reason.starts_with("the login may not ask for prepared transactions"), "{reason}");
        place.run(remedy.strip_prefix("run ").unwrap()).await;
        reason = told(&place).await.0;
    }
    assert!(reason.starts_with("rows have no version"), "{reason}");
}
