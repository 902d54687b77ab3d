//! A key that is deleted, and made again while the other keys are still compared.

use std::time::{Duration, Instant};

use super::lab::Lab;
use super::rule::Rule;
use crate::server::Server;

/// More than are confirmed at once, so that some are confirmed long before the comparison ends.
const DELETED: i64 = 1200;

/// Where keys are compared in their order: whole rows are confirmed when all have been compared.
#[test]
fn a_row_that_comes_back_while_keys_are_compared_stays() {
    let lab = Lab::start(Server::Postgres, Rule::Race);
    let holds = |what: &str, condition: &dyn Fn() -> bool| {
        let started = Instant::now();
        while !condition() {
            assert!(started.elapsed() < Duration::from_secs(30), "{what} does not come");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let there = |id: i64| lab.case.query(&format!("SELECT count(*) FROM tmp_torture WHERE id = {id}")) == "1";

    let gate = &lab.levers.gate;
    gate.open_up_to(0);
    holds("a comparison of keys", &|| gate.waiting() > 0);
    let before = gate.waiting();
    lab.case.sql(&format!("DELETE FROM torture WHERE id <= {DELETED}"));
    // The one under way does not know; the next one does.
    gate.open_up_to(before);
    holds("the next comparison", &|| gate.waiting() > before);
    lab.case.sql("INSERT INTO torture (id) VALUES (5), (2999)");
    // A poll brings them while the comparison waits.
    holds("the poll", &|| there(2999));
    // No later comparison makes up for what this one does.
    gate.open_up_to(before + 1);
    holds("the deletes", &|| !there(6));
    let stays = there(5);
    gate.open_up_to(u64::MAX);
    assert!(stays, "a row that lives was deleted");
}
