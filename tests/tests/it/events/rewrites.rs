//! All rows of a table change at once, or the table is another one.

use crate::case::Case;
use crate::compare::assert_same;
use crate::server::{Server, on_each_server};

on_each_server!(
    an_alter_that_rewrites_every_row_in_the_same_type_is_seen,
    an_alter_to_another_type_is_seen,
    a_table_that_is_written_anew_without_a_change_stays_as_it_is,
    truncate_and_reload_leaves_the_new_rows_alone,
    a_table_that_was_emptied_is_held_and_then_believed,
    tables_that_swap_their_names_swap_their_rows,
    keys_that_move_leave_nothing_behind
);

const STOCK: &str = "
CREATE TABLE stock (id int PRIMARY KEY, amount int NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
INSERT INTO stock SELECT g, g * 10, '2024-01-01' FROM generate_series(1, 500) g;
";

/// A synced replica of `stock`.
fn stock(server: Server) -> Case {
    let case = Case::new(server, STOCK);
    case.configure("reconcile_interval = 0.001\nmax_delete_fraction = 1.0\ntables = [\"stock\"]");
    case.sync();
    assert_same(&case, "id, amount", "stock");
    case
}

fn assert_follows(case: &Case) {
    case.sync();
    assert_same(case, "id, amount", "stock");
}

fn an_alter_that_rewrites_every_row_in_the_same_type_is_seen(server: Server) {
    let case = stock(server);
    case.sql(match server {
        Server::Postgres => "ALTER TABLE stock ALTER COLUMN amount TYPE int USING amount + 1",
        Server::Mariadb(_) => "ALTER TABLE stock DROP COLUMN amount, ADD COLUMN amount int NOT NULL DEFAULT 7",
    });
    assert_follows(&case);
}

fn an_alter_to_another_type_is_seen(server: Server) {
    let case = stock(server);
    case.sql(match server {
        Server::Postgres => "ALTER TABLE stock ALTER COLUMN amount TYPE text USING 'n' || amount",
        Server::Mariadb(_) => "ALTER TABLE stock MODIFY amount varchar(20) NOT NULL",
    });
    assert_follows(&case);
    assert_eq!(case.query("SELECT typeof(amount) FROM tmp_stock LIMIT 1"), "text");
}

fn a_table_that_is_written_anew_without_a_change_stays_as_it_is(server: Server) {
    let case = stock(server);
    case.sql(match server {
        Server::Postgres => "VACUUM FULL stock; CLUSTER stock USING stock_pkey; VACUUM FREEZE stock",
        Server::Mariadb(_) => "OPTIMIZE TABLE stock; ALTER TABLE stock FORCE; ANALYZE TABLE stock",
    });
    if server == Server::Postgres {
        assert_eq!(case.changed_by_sync(), 0);
    }
    // MariaDB dates a table that was written anew like one that was made anew: it is copied again when the second is another one.
    assert_follows(&case);
}

fn truncate_and_reload_leaves_the_new_rows_alone(server: Server) {
    let case = stock(server);
    case.sql(
        "BEGIN; TRUNCATE TABLE stock; INSERT INTO stock SELECT g, g * 11, '2023-01-01' FROM generate_series(300, 900) g; COMMIT",
    );
    assert_follows(&case);
}

fn a_table_that_was_emptied_is_held_and_then_believed(server: Server) {
    let case = Case::new(server, STOCK);
    case.configure("tables = [\"stock\"]");
    case.sync();
    case.sql("TRUNCATE TABLE stock");
    case.sync();
    assert_eq!(case.query("SELECT count(*) FROM tmp_stock"), "500", "so many deletes at once are not believed at once");
    case.sync();
    assert_same(&case, "id, amount", "stock");
    assert_eq!(case.query("SELECT count(*) FROM tmp_stock"), "0");
}

fn tables_that_swap_their_names_swap_their_rows(server: Server) {
    let case = stock(server);
    case.sql(
        "CREATE TABLE fresh (LIKE stock INCLUDING ALL);
         INSERT INTO fresh SELECT g, -g, '2020-01-01' FROM generate_series(400, 600) g;
         BEGIN; ALTER TABLE stock RENAME TO old; ALTER TABLE fresh RENAME TO stock; COMMIT",
    );
    assert_follows(&case);
    // And back: the first relation is another one again.
    case.sql("BEGIN; ALTER TABLE stock RENAME TO fresh; ALTER TABLE old RENAME TO stock; COMMIT");
    assert_follows(&case);
}

fn keys_that_move_leave_nothing_behind(server: Server) {
    let case = stock(server);
    case.sql("UPDATE stock SET id = id + 1000 WHERE id <= 250");
    assert_follows(&case);
    // Two rows take each other's key.
    case.sql("BEGIN; UPDATE stock SET id = 0 WHERE id = 300; UPDATE stock SET id = 300 WHERE id = 301; UPDATE stock SET id = 301 WHERE id = 0; COMMIT");
    assert_follows(&case);
}
