//! Every type of the table of cases, by the copy and by the poll, held against what is written there and against the server itself.

mod cases;
mod encodings;
mod orders;
mod page;
mod random;

use std::sync::Arc;

use mysql_async::prelude::Queryable;
use sync_core::{SourceTable, Value};

use crate::place::{Given, Place};
use cases::{CASES, Case, Is, On};

/// Values that a strict session would refuse: zero dates, and what is no label.
const LENIENT: &str = "SET NAMES utf8mb4; SET sql_mode = ''; SET time_zone = '+00:00';";

/// Which server it is, and its major and minor release.
async fn server(place: &Place) -> (bool, (u32, u32)) {
    let version = place.ask("SELECT version()").await;
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    (version.contains("MariaDB"), (numbers.next().unwrap(), numbers.next().unwrap()))
}

async fn cases_of(place: &Place) -> Vec<&'static Case> {
    let (is_mariadb, release) = server(place).await;
    let is_there = |case: &&Case| match case.on {
        On::Both => true,
        On::MariaDb(major, minor) => is_mariadb && release >= (major, minor),
        On::MySql(major, minor) => !is_mariadb && release >= (major, minor),
    };
    CASES.iter().filter(is_there).collect()
}

#[tokio::test]
async fn every_type_arrives_as_the_table_of_cases_says() {
    let place = Place::with("ALTER DATABASE CHARACTER SET utf8mb4").await;
    let cases = cases_of(&place).await;
    let create = |(number, case): (usize, &&Case)| {
        format!("CREATE TABLE t{number} (id int AUTO_INCREMENT PRIMARY KEY, c {});", case.native)
    };
    place.run(&cases.iter().enumerate().map(create).collect::<String>()).await;
    let schemas = place.discover().await;
    let mut starts = Vec::new();
    for number in 0..cases.len() {
        let schema = schemas.iter().find(|schema| schema.id().name() == format!("t{number}")).unwrap();
        let table = Arc::new(SourceTable::new(Arc::new(schema.clone())).cursor_columns(None, Some(0)));
        starts.push((place.read(&table, None, 100).await.watermark(), table));
    }
    let insert = |(number, case): (usize, &&Case)| {
        let values: Vec<String> = case.values.iter().map(|(value, _)| format!("({value}), ")).collect();
        format!("INSERT INTO t{number} (c) VALUES {}(NULL);", values.concat())
    };
    place.run(&format!("{LENIENT} {}", cases.iter().enumerate().map(insert).collect::<String>())).await;
    for (number, (case, (start, table))) in cases.iter().zip(&starts).enumerate() {
        assert_eq!(table.schema.columns()[1].data_type.value_kind(), case.form, "{}", case.native);
        let oracle = oracle(&place, number, case).await;
        let copy = place.read(table, None, 2).await;
        let poll = place.read(table, Some(start), 2).await;
        for given in [&copy, &poll] {
            compare(case, given, &oracle);
        }
    }
}

/// For each value what the server itself says of it: its text, or its bytes.
async fn oracle(place: &Place, number: usize, case: &Case) -> Vec<Option<Vec<u8>>> {
    let text = match case.native {
        "point" | "geometry" | "geometrycollection" if server(place).await.0 => "ST_AsBinary(c)",
        // It would put latitude first for some reference systems.
        "point" | "geometry" | "geometrycollection" => "ST_AsBinary(c, 'axis-order=long-lat')",
        "vector(3)" => "IF(c IS NULL, NULL, '')",
        native if native.contains("blob") || native.contains("binary") => "c",
        native if native.starts_with("bit") => "BIN(c + 0)",
        native if native.starts_with("float") => "CAST(c + 0e0 AS CHAR)",
        _ => "CAST(c AS CHAR)",
    };
    let mut session = place.session().await;
    session.query_drop(LENIENT).await.unwrap();
    let found = session.query(format!("SELECT {text} FROM t{number} ORDER BY id")).await.unwrap();
    session.disconnect().await.unwrap();
    found
}

fn compare(case: &Case, given: &Given, oracle: &[Option<Vec<u8>>]) {
    assert!(given.batches.iter().all(|batch| batch.failed.is_empty()), "{}: {given:?}", case.native);
    let rows: Vec<_> = given.batches.iter().flat_map(|batch| batch.rows.rows()).collect();
    assert_eq!((rows.len(), oracle.len()), (case.values.len() + 1, case.values.len() + 1), "{}", case.native);
    assert_eq!(rows[case.values.len()].get(1), Value::Null, "{}", case.native);
    for ((row, oracle), (literal, is)) in rows.iter().zip(oracle).zip(case.values) {
        let place = format!("{} of {}", shortened(literal), case.native);
        let oracle = oracle.as_deref().unwrap_or_else(|| panic!("{place} is NULL at the server"));
        match (row.get(1), *is) {
            (Value::Integer(value), Is::I(expected)) => assert_eq!(value, expected, "{place}"),
            (Value::Real(value), Is::R(expected)) => {
                assert_eq!(value.to_bits(), expected.to_bits(), "{place}: {value}");
            }
            (Value::Bytes(value), Is::B(expected)) => assert_eq!(value, expected, "{place}"),
            (Value::Text(value), Is::T(expected)) => assert_eq!(value, expected, "{place}"),
            (Value::Text(value), Is::S) => assert!(value.as_bytes() == oracle, "{place}: {}", shortened(value)),
            (Value::Bytes(value), Is::S) => assert!(value == oracle, "{place}: {value:?} for {oracle:?}"),
            other => panic!("{place}: {other:?}"),
        }
        is_the_servers(case, row.get(1), oracle, &place);
    }
}

/// The server says the same, in as far as it says all of it.
fn is_the_servers(case: &Case, value: Value<'_>, oracle: &[u8], place: &str) {
    let text = String::from_utf8_lossy(oracle);
    let own = ["the server's own text", "its digits", "the text", "the very text", "the label", "36 characters"];
    match value {
        Value::Text(value) if own.iter().any(|own| case.holds.starts_with(own)) => {
            assert!(value == text, "{place}: {} for {}", shortened(value), shortened(&text));
        }
        Value::Text(value) if case.holds.starts_with("as `") || case.holds.starts_with("`YYYY") => {
            assert!(value.starts_with(&*text), "{place}: {value} for {text}");
        }
        Value::Text(value) if case.native.starts_with("bit") => {
            assert_eq!(value.trim_start_matches('0'), text, "{place}");
        }
        Value::Integer(value) if case.native.starts_with("bit") => {
            assert_eq!(format!("{value:b}"), text, "{place}");
        }
        Value::Integer(value) => assert_eq!(text.parse(), Ok(value), "{place}"),
        Value::Real(value) => {
            assert!(text.parse::<f64>().is_ok_and(|number| number == value), "{place}: {value} for {text}");
        }
        Value::Bytes(value) => assert!(value == oracle, "{place}"),
        _ => assert!(case.native.starts_with("vector"), "{place} is held against nothing"),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Of the values it is cut off, so here is where it is to be found.
#[tokio::test]
async fn a_geometry_that_is_bound_to_a_reference_system_names_it_in_its_type() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY)").await;
    let is_mariadb = server(&place).await.0;
    let bound = if is_mariadb { "ref_system_id=4326" } else { "srid 4326" };
    place.run(&format!("ALTER TABLE t ADD p point {bound}, ADD g geometry")).await;
    let schema = place.schema("t").await;
    let types: Vec<&str> = schema.columns()[1..].iter().map(|column| column.native_type.as_str()).collect();
    assert_eq!(types, ["point srid 4326", "geometry"]);
}
