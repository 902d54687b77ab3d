//! A server that goes and comes back.

use crate::case::Case;
use crate::compare::{assert_orders_equal, orders};
use crate::running::{Daemon, QUIET, count, stored, wait_until};
use crate::server::{OwnServer, Server, on_each_server};

on_each_server!(heavy_a_server_that_is_stopped_or_killed_in_the_middle_of_a_copy_is_copied_to_the_end);

fn heavy_a_server_that_is_stopped_or_killed_in_the_middle_of_a_copy_is_copied_to_the_end(server: Server) {
    for kill in [false, true] {
        let mut own = OwnServer::start(server);
        let case = Case::own(&own, orders(server));
        case.sql("SELECT fill(1, 120000)");
        case.configure(&format!("sync_interval = 0.2\nbatch_size = 200\ntables = [\"orders\"]\n{QUIET}"));
        let daemon = Daemon::start(&case);
        wait_until("the copy", &daemon, || stored(&case).is_some_and(|table| table.state.is_some()));
        if kill {
            own.kill()
        } else {
            own.stop()
        }
        assert_eq!(count(&case, "tmp_orders"), None, "the copy was over before the server was gone");
        own.restart();
        case.sql("UPDATE orders SET note = 'after' WHERE id IN (1, 60000, 120000)");
        wait_until("the rest of the copy", &daemon, || count(&case, "tmp_orders") == Some(120_000));
        wait_until("the last change", &daemon, || {
            case.query("SELECT count(*) FROM tmp_orders WHERE note = 'after'") == "3"
        });
        drop(daemon);
        case.sync();
        assert_orders_equal(&case);
    }
}
