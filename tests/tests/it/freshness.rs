//! Readers that demand what is at the source now.

use std::net::TcpListener;

use crate::case::Case;
use crate::compare::orders;
use crate::http::Client;
use crate::running::{Daemon, count, wait_until};
use crate::server::{Server, on_each_server};

on_each_server!(a_reader_that_demands_it_sees_what_was_just_committed);

fn a_reader_that_demands_it_sees_what_was_just_committed(server: Server) {
    let case = Case::new(server, orders(server));
    case.sql("SELECT fill(1, 10)");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    case.configure(&format!("tables = [\"orders\"]\nsync_interval = 3600\n[http]\nlisten = \"127.0.0.1:{port}\"\n"));
    let daemon = Daemon::start(&case);
    wait_until("the first copy", &daemon, || count(&case, "tmp_orders") == Some(10));
    let mut client = Client::of(port);
    for id in 11..=20 {
        case.sql(&format!("SELECT fill({id}, {id})"));
        let (status, answer) =
            client.post("/query?max_staleness=0&table=orders", r#"{"sql": "SELECT max(id) AS id FROM orders"}"#);
        assert_eq!((status, answer), (200, format!(r#"{{"result":[{{"id":{id}}}]}}"#)));
    }
}
