//! Traces, as a collector of OpenTelemetry gets them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::command::{Ran, run_with};
use crate::shop::Shop;

/// Takes what is sent to `/v1/traces`, as JSON.
struct Collector {
    endpoint: String,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::<Mutex<Vec<Value>>>::default();
        let taken = Arc::clone(&bodies);
        thread::spawn(move || {
            for connection in listener.incoming() {
                take(connection.unwrap(), &taken);
            }
        });
        Self { endpoint, bodies }
    }

    /// Every span, after the program has ended.
    fn spans(&self) -> Vec<Value> {
        let bodies = self.bodies.lock().unwrap();
        let resources = bodies.iter().flat_map(|body| body["resourceSpans"].as_array().unwrap());
        let scopes = resources.flat_map(|resource| resource["scopeSpans"].as_array().unwrap());
        scopes.flat_map(|scope| scope["spans"].as_array().unwrap().clone()).collect()
    }
}

/// Answers requests until the other side has no more.
fn take(connection: TcpStream, bodies: &Mutex<Vec<Value>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut answers = connection;
    loop {
        let head: Vec<String> =
            reader.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        let Some(request) = head.first() else { return };
        assert_eq!(request, "POST /v1/traces HTTP/1.1");
        let length = head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap()];
        reader.read_exact(&mut body).unwrap();
        bodies.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        answers.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}").unwrap();
    }
}

fn traced(shop: &Shop, endpoint: &str, protocol: &str) -> Ran {
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)];
    run_with(shop.path(), &["sync"], &variables)
}

fn attribute<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    let attribute = of["attributes"].as_array()?.iter().find(|attribute| attribute["key"] == name)?;
    attribute["value"].as_object()?.values().next()
}

#[test]
fn a_run_is_a_span_with_what_it_did_and_its_steps_below_it() {
    let (shop, collector) = (Shop::synced(3, ""), Collector::start());
    shop.database.execute("INSERT INTO users VALUES (4, 'new')").unwrap();
    let ran = traced(&shop, &collector.endpoint, "http/json");
    assert_eq!((ran.code, shop.rows()), (0, Some(4)), "{}", ran.stderr);

    let resource = collector.bodies.lock().unwrap()[0]["resourceSpans"][0]["resource"].clone();
    assert_eq!(attribute(&resource, "service.name").unwrap(), "data-sync");
    let spans = collector.spans();
    let named =
        |name: &str| spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("{name}: {spans:#?}"));
    let run = named("run");
    assert_eq!(attribute(run, "table").unwrap(), "public.users");
    assert_eq!(attribute(run, "rows_changed").unwrap(), "1");
    assert_ne!(run["status"]["code"], 2, "{run:#}");
    assert_eq!(named("follow")["parentSpanId"], run["spanId"]);
    assert_eq!(named("poll")["parentSpanId"], named("follow")["spanId"]);
}

#[test]
fn a_run_that_fails_is_marked_and_says_why() {
    let (shop, collector) = (Shop::synced(3, "on_schema_change = \"stop\""), Collector::start());
    shop.database.execute("ALTER TABLE users ADD COLUMN more int").unwrap();
    let ran = traced(&shop, &collector.endpoint, "http/json");
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    let spans = collector.spans();
    let run = spans.iter().find(|span| span["name"] == "run").unwrap();
    assert_eq!(run["status"]["code"], 2, "{run:#}");
    assert!(run["events"].to_string().contains("its columns changed"), "{run:#}");
}

#[test]
fn a_collector_that_is_not_there_is_told_and_stops_no_sync() {
    let shop = Shop::synced(3, "");
    shop.database.execute("INSERT INTO users VALUES (4, 'new')").unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = traced(&shop, &format!("http://{closed}"), "http/protobuf");
    assert_eq!((ran.code, shop.rows()), (0, Some(4)), "{}", ran.stderr);
    assert!(ran.stderr.contains("opentelemetry"), "{}", ran.stderr);

    let ran = traced(&shop, "not an address", "http/protobuf");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("no traces are sent, as the variables OTEL_* ask for what can't be had: "),
        "{}",
        ran.stderr
    );
}
