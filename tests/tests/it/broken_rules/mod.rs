//! Each rule that keeps rows from being lost, broken in turn: a row must be lost then, or the proof above proves nothing.
//!
//! Transactions are opened, left open around reads of the source, and committed at the worst moment. Nothing here depends on luck: the
//! lab knows which reads began, and a broken rule loses a row in the first round. Rules about horizons and counters are those of
//! PostgreSQL, the one server that has them.

mod gate;
mod given;
mod lab;
mod race;
mod rule;
mod source;

use lab::Lab;
use rule::Rule;
use test_servers::long_test_length;

use crate::load::{Load, Pace, Random};
use crate::server::{Server, on_each_server};

on_each_server!(
    heavy_with_all_rules_kept_no_row_is_lost,
    heavy_a_naive_cursor_loses_rows,
    heavy_deletes_without_confirmation_lose_rows,
    heavy_an_old_list_of_keys_loses_none_where_deletes_are_confirmed,
    a_resumed_copy_that_keeps_its_first_horizon_loses_none,
);

fn heavy_with_all_rules_kept_no_row_is_lost(server: Server) {
    let lab = Lab::start(server, Rule::AllKept);
    let pace = Pace { writers: 3, longest: long_test_length() / 40 };
    let load = Load::start(&lab.case, pace, &mut Random::seeded(11));
    let started = std::time::Instant::now();
    let mut rounds = 0;
    while started.elapsed() < long_test_length() / 2 {
        let lost = lab.round();
        assert!(lost.is_empty(), "in round {rounds}: {lost:?}");
        rounds += 1;
    }
    load.stop();
    assert!(rounds > 2, "{rounds} rounds");
}

fn heavy_a_naive_cursor_loses_rows(server: Server) {
    assert_loses(server, Rule::PollOnly);
}

#[test]
fn heavy_a_poll_that_moves_the_horizon_loses_rows() {
    assert_loses(Server::Postgres, Rule::PollMovesHorizon);
}

fn heavy_deletes_without_confirmation_lose_rows(server: Server) {
    assert_loses(server, Rule::OldKeysUnconfirmed);
}

fn heavy_an_old_list_of_keys_loses_none_where_deletes_are_confirmed(server: Server) {
    assert_loses_none(server, Rule::OldKeys);
}

#[test]
fn heavy_counters_read_after_the_sweep_lose_rows() {
    assert_loses(Server::Postgres, Rule::CountersAfter);
}

#[test]
fn heavy_counters_read_before_the_sweep_lose_none() {
    assert_loses_none(Server::Postgres, Rule::CountersBefore);
}

#[test]
fn a_resumed_copy_with_its_own_horizon_loses_rows() {
    let lost = lab::resumed_copy(Server::Postgres, Rule::ResumeMovesHorizon);
    assert!(!lost.is_empty(), "a rule was broken and no row was lost");
}

fn a_resumed_copy_that_keeps_its_first_horizon_loses_none(server: Server) {
    let lost = lab::resumed_copy(server, Rule::AllKept);
    assert!(lost.is_empty(), "{lost:?}");
}

fn assert_loses_none(server: Server, rule: Rule) {
    const ROUNDS: usize = 2;
    let lab = Lab::start(server, rule);
    for round in 0..ROUNDS {
        let lost = lab.round();
        assert!(lost.is_empty(), "in round {round}: {lost:?}");
    }
}

/// Rounds until a row is lost, or enough of them.
fn assert_loses(server: Server, rule: Rule) {
    const ROUNDS: usize = 5;
    let lab = Lab::start(server, rule);
    let lost = (0..ROUNDS).any(|_| !lab.round().is_empty());
    assert!(lost, "{rule:?} was broken and no row was lost in {ROUNDS} rounds");
}
