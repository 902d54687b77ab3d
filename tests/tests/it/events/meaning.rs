//! Values change though no row was written.

use crate::case::Case;
use crate::compare::assert_same;

const MOODS: &str = "
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE people (id int PRIMARY KEY, mood mood, note text DEFAULT 'old', updated_at timestamptz NOT NULL DEFAULT now());
INSERT INTO people SELECT g, CASE g % 2 WHEN 0 THEN 'sad' ELSE 'happy' END::mood FROM generate_series(1, 100) g;
";

fn people() -> Case {
    let case = Case::new(MOODS);
    case.configure("tables = [\"people\"]");
    case.sync();
    assert_same(&case, "id, mood, note", "people");
    case
}

#[test]
fn a_renamed_label_of_an_enumeration_is_seen_in_every_row() {
    let case = people();
    case.sql("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'");
    case.sync();
    assert_same(&case, "id, mood, note", "people");
    assert_eq!(case.query("SELECT count(*) FROM tmp_people WHERE mood = 'blue'"), "50");
}

#[test]
fn labels_that_swap_their_names_are_seen() {
    let case = people();
    case.sql(
        "BEGIN; ALTER TYPE mood RENAME VALUE 'sad' TO 'x'; ALTER TYPE mood RENAME VALUE 'happy' TO 'sad';
         ALTER TYPE mood RENAME VALUE 'x' TO 'happy'; COMMIT",
    );
    case.sync();
    assert_same(&case, "id, mood, note", "people");
}

#[test]
fn a_column_that_is_dropped_and_added_again_is_empty() {
    let case = people();
    case.sql("ALTER TABLE people DROP COLUMN note; ALTER TABLE people ADD COLUMN note text");
    case.sync();
    assert_same(&case, "id, mood, note", "people");
    assert_eq!(case.query("SELECT count(note) FROM tmp_people"), "0");
}

#[test]
fn a_column_that_is_added_with_a_default_is_filled() {
    let case = people();
    case.sql("ALTER TABLE people DROP COLUMN note; ALTER TABLE people ADD COLUMN note text DEFAULT 'new', ADD COLUMN n int DEFAULT 7");
    case.sync();
    assert_same(&case, "id, mood, note, n", "people");
    assert_eq!(case.query("SELECT min(note), min(n) FROM tmp_people"), "new|7");
}

#[test]
fn columns_that_swap_their_names_swap_their_values() {
    let case = Case::new("CREATE TABLE pairs (id int PRIMARY KEY, a int, b int); INSERT INTO pairs VALUES (1, 10, 20)");
    case.configure("tables = [\"pairs\"]");
    case.sync();
    case.sql(
        "BEGIN; ALTER TABLE pairs RENAME a TO c; ALTER TABLE pairs RENAME b TO a; ALTER TABLE pairs RENAME c TO b; COMMIT",
    );
    case.sync();
    assert_same(&case, "id, a, b", "pairs");
}
