//! Cursors that other tools trip over.

use crate::case::Case;
use crate::server::{Server, on_each_server};

on_each_server!(
    ties_over_batch_edges_with_batches_of_one,
    stamps_in_the_future_and_at_infinity_blind_nothing,
    a_row_that_commits_late_with_an_old_stamp_arrives,
    an_id_alone_and_a_timestamp_alone_are_enough
);

const STAMPED: &str = "CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL, word text);";

fn configure(case: &Case, batch: u32) {
    case.configure(&format!("tables = [{{ name = \"events\", timestamp_column = \"at\", batch_size = {batch} }}]"));
}

fn assert_equal(case: &Case) {
    let source = case.ask("SELECT id, word FROM events ORDER BY id");
    assert_eq!(case.query("SELECT id, word FROM tmp_events ORDER BY id"), source);
}

fn ties_over_batch_edges_with_batches_of_one(server: Server) {
    let case = Case::new(server, STAMPED);
    // Id 0, the epoch, microseconds apart, ids that fall while time grows.
    case.sql("INSERT INTO events VALUES (0, 'epoch', 'zero'), (3, '2024-01-01 00:00:00.0001', 'a'), (2, '2024-01-01 00:00:00.0009', 'b'), (-1, '2024-01-01 00:00:00.0009', 'c')");
    configure(&case, 1);
    assert_eq!(case.changed_by_sync(), 4);
    assert_equal(&case);
    case.sql("INSERT INTO events SELECT g, '2024-02-02', 'tie' FROM generate_series(10, 30) g");
    assert_eq!(case.changed_by_sync(), 21);
    case.sql("INSERT INTO events SELECT 100 - g, timestamp '2024-02-02 00:00:00' + g * interval '1 microsecond', 'falls' FROM generate_series(1, 20) g");
    assert_eq!(case.changed_by_sync(), 20);
    assert_eq!(case.changed_by_sync(), 0);
    assert_equal(&case);
}

fn stamps_in_the_future_and_at_infinity_blind_nothing(server: Server) {
    let case = Case::new(server, STAMPED);
    case.sql("INSERT INTO events VALUES (1, 'infinity', 'never'), (2, now() + interval '1 year', 'later'), (3, '-infinity', 'ever')");
    configure(&case, 10);
    assert_eq!(case.changed_by_sync(), 3);
    case.sql("INSERT INTO events VALUES (4, now(), 'now')");
    case.sync();
    assert_equal(&case);
}

fn a_row_that_commits_late_with_an_old_stamp_arrives(server: Server) {
    let case = Case::new(server, STAMPED);
    case.sql("INSERT INTO events VALUES (1, '2024-06-01', 'first')");
    configure(&case, 10);
    case.sync();
    case.sql("INSERT INTO events VALUES (2, '2024-01-01', 'late')");
    assert_eq!(case.changed_by_sync(), 1);
    assert_equal(&case);
}

fn an_id_alone_and_a_timestamp_alone_are_enough(server: Server) {
    let case = Case::new(
        server,
        "CREATE TABLE words (word varchar(20) PRIMARY KEY, at timestamp(6) NOT NULL DEFAULT current_timestamp(6));
         CREATE TABLE numbers (n int PRIMARY KEY);
         INSERT INTO words (word) VALUES ('z'), ('a'); INSERT INTO numbers VALUES (-5), (0), (7);",
    );
    case.configure(
        "tables = [{ name = \"words\", timestamp_column = \"at\" }, { name = \"numbers\", id_column = \"n\" }]",
    );
    assert_eq!(case.changed_by_sync(), 5);
    case.sql("INSERT INTO words (word) VALUES ('b'); INSERT INTO numbers VALUES (8)");
    assert_eq!(case.changed_by_sync(), 2);
    assert_eq!(case.query("SELECT word FROM tmp_words ORDER BY word"), "a\nb\nz");
    assert_eq!(case.query("SELECT n FROM tmp_numbers ORDER BY n"), "-5\n0\n7\n8");
}
