//! Values change though no row was written.

use crate::case::Case;
use crate::compare::assert_same;
use crate::server::{Server, on_each_server};

on_each_server!(
    a_renamed_label_of_an_enumeration_is_seen_in_every_row,
    labels_that_swap_their_names_are_seen,
    a_column_that_is_dropped_and_added_again_is_empty,
    a_column_that_is_added_with_a_default_is_filled,
    columns_that_swap_their_names_swap_their_values,
);

fn people(server: Server) -> Case {
    let mood = match server {
        Server::Postgres => "CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE TABLE people (mood mood,",
        Server::Mariadb(_) => "CREATE TABLE people (mood enum('happy', 'sad'),",
    };
    let case = Case::new(
        server,
        &format!(
            "{mood} id int PRIMARY KEY, note text DEFAULT 'old', updated_at timestamptz NOT NULL DEFAULT now());
             INSERT INTO people (id, mood) SELECT g, 'sad' FROM generate_series(1, 50) g;
             INSERT INTO people (id, mood) SELECT g, 'happy' FROM generate_series(51, 100) g"
        ),
    );
    case.configure("tables = [\"people\"]");
    case.sync();
    assert_same(&case, "id, mood, note", "people");
    case
}

/// MariaDB has no name for a label but the label itself: a third one is needed while rows go over.
fn relabel(from: &str, to: &str) -> String {
    format!(
        "ALTER TABLE people MODIFY mood enum('happy', 'sad', 'blue', 'x'); UPDATE people SET mood = '{to}' WHERE mood = '{from}';"
    )
}

fn a_renamed_label_of_an_enumeration_is_seen_in_every_row(server: Server) {
    let case = people(server);
    case.sql(&match server {
        Server::Postgres => "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'".to_owned(),
        Server::Mariadb(_) => relabel("sad", "blue") + "ALTER TABLE people MODIFY mood enum('happy', 'blue')",
    });
    case.sync();
    assert_same(&case, "id, mood, note", "people");
    assert_eq!(case.query("SELECT count(*) FROM tmp_people WHERE mood = 'blue'"), "50");
}

fn labels_that_swap_their_names_are_seen(server: Server) {
    let case = people(server);
    case.sql(&match server {
        Server::Postgres => {
            "BEGIN; ALTER TYPE mood RENAME VALUE 'sad' TO 'x'; ALTER TYPE mood RENAME VALUE 'happy' TO 'sad';
                             ALTER TYPE mood RENAME VALUE 'x' TO 'happy'; COMMIT"
                .to_owned()
        }
        Server::Mariadb(_) => relabel("sad", "x") + &relabel("happy", "sad") + &relabel("x", "happy"),
    });
    case.sync();
    assert_same(&case, "id, mood, note", "people");
    assert_eq!(case.query("SELECT mood FROM tmp_people WHERE id = 1"), "happy");
}

fn a_column_that_is_dropped_and_added_again_is_empty(server: Server) {
    let case = people(server);
    case.sql("ALTER TABLE people DROP COLUMN note; ALTER TABLE people ADD COLUMN note text");
    case.sync();
    assert_same(&case, "id, mood, note", "people");
    assert_eq!(case.query("SELECT count(note) FROM tmp_people"), "0");
}

fn a_column_that_is_added_with_a_default_is_filled(server: Server) {
    let case = people(server);
    case.sql("ALTER TABLE people DROP COLUMN note; ALTER TABLE people ADD COLUMN note text DEFAULT 'new', ADD COLUMN n int DEFAULT 7");
    case.sync();
    assert_same(&case, "id, mood, note, n", "people");
    assert_eq!(case.query("SELECT min(note), min(n) FROM tmp_people"), "new|7");
}

fn columns_that_swap_their_names_swap_their_values(server: Server) {
    let case = Case::new(
        server,
        "CREATE TABLE pairs (id int PRIMARY KEY, a int, b int); INSERT INTO pairs VALUES (1, 10, 20)",
    );
    case.configure("tables = [\"pairs\"]");
    case.sync();
    case.sql(
        "BEGIN; ALTER TABLE pairs RENAME COLUMN a TO c; ALTER TABLE pairs RENAME COLUMN b TO a;
         ALTER TABLE pairs RENAME COLUMN c TO b; COMMIT",
    );
    case.sync();
    assert_same(&case, "id, a, b", "pairs");
    assert_eq!(case.query("SELECT a, b FROM tmp_pairs"), "20|10");
}
