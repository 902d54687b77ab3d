//! Every type of the table of cases, by the copy and by the poll, held against what is written there and against the server itself.

mod cases;
mod encodings;
mod page;
mod random;

use sync_core::{Value, ValueKind};

use crate::place::{Given, Place};
use cases::{CASES, Case, Is, SETUP};

/// The server's texts follow settings; these are the ones that the source promises.
const STYLE: &str = "SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1;";

/// A database with the types of the cases, whose own settings must not shine through.
fn place() -> Place {
    let place = Place::with(SETUP);
    for setting in [
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'postgres'",
        "TimeZone = 'Asia/Kolkata'",
        "bytea_output = 'escape'",
        "extra_float_digits = -3",
        "xmloption = 'document'",
    ] {
        place.database.execute(&format!("ALTER DATABASE {} SET {setting}", place.database.name())).unwrap();
    }
    place
}

fn cases_of(place: &Place) -> Vec<&'static Case> {
    let version: u32 = place.database.query("SHOW server_version_num").unwrap().trim().parse().unwrap();
    CASES.iter().filter(|case| case.since <= version / 10_000).collect()
}

#[tokio::test]
async fn every_type_arrives_as_the_table_of_cases_says() {
    let place = place();
    let cases = cases_of(&place);
    let tables: String = cases
        .iter()
        .enumerate()
        .map(|(number, case)| {
            format!("CREATE TABLE t{number} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c {});", case.native)
        })
        .collect();
    place.database.execute(&tables).unwrap();
    let mut starts = Vec::new();
    for number in 0..cases.len() {
        let table = place.table(&format!("t{number}"), None, Some("id")).await;
        starts.push((place.read(&table, None, 100).await.watermark(), table));
    }
    let insert = |(number, case): (usize, &&Case)| {
        let values: Vec<String> = case.values.iter().map(|(value, _)| format!("({value}), ")).collect();
        format!("INSERT INTO t{number} (c) VALUES {}(NULL);", values.concat())
    };
    place.database.execute(&format!("{STYLE} {}", cases.iter().enumerate().map(insert).collect::<String>())).unwrap();
    for (number, (case, (start, table))) in cases.iter().zip(&starts).enumerate() {
        assert_eq!(table.schema.columns()[1].data_type.value_kind(), case.form, "{}", case.native);
        let oracle = oracle(&place, &format!("t{number}"), case);
        let copy = place.read(table, None, 2).await;
        let poll = place.read(table, Some(start), 2).await;
        for given in [&copy, &poll] {
            compare(case, given, &oracle);
        }
    }
}

/// For each value the server's own text, and where it is a document the server's `to_jsonb`.
fn oracle(place: &Place, table: &str, case: &Case) -> Vec<Option<String>> {
    let document = case.values.iter().any(|(_, is)| matches!(is, Is::J(_)));
    let text = if document { "to_jsonb(c)::text" } else { "CASE WHEN c IS NOT NULL THEN format('%s', c) END" };
    let query = format!("{STYLE} SELECT json_agg({text} ORDER BY id) FROM {table}");
    let answer = place.database.query(&query).unwrap();
    serde_json::from_str(answer.lines().last().unwrap()).unwrap()
}

fn compare(case: &Case, given: &Given, oracle: &[Option<String>]) {
    assert!(given.batches.iter().all(|batch| batch.failed.is_empty()), "{}: {given:?}", case.native);
    let rows: Vec<_> = given.batches.iter().flat_map(|batch| batch.rows.rows()).collect();
    assert_eq!((rows.len(), oracle.len()), (case.values.len() + 1, case.values.len() + 1), "{}", case.native);
    assert_eq!(rows[case.values.len()].get(1), Value::Null, "{}", case.native);
    for ((row, oracle), (literal, is)) in rows.iter().zip(oracle).zip(case.values) {
        let oracle = oracle.as_deref().unwrap();
        let place = format!("{} of {}", shortened(literal), case.native);
        match (row.get(1), *is) {
            (Value::Integer(value), Is::I(expected)) => assert_eq!(value, expected, "{place}"),
            (Value::Real(value), Is::R(expected)) => {
                assert_eq!(value.to_bits(), expected.to_bits(), "{place}: {value}")
            }
            (Value::Bytes(value), Is::B(expected)) => assert_eq!(value, expected, "{place}"),
            (Value::Text(value), Is::T(expected)) => assert_eq!(value, expected, "{place}"),
            (Value::Text(value), Is::S) => assert!(value == oracle, "{place}: {}", shortened(value)),
            (Value::Text(value), Is::J(expected)) => {
                assert_eq!(value, expected, "{place}");
                let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
                assert_eq!(parsed(value), parsed(oracle), "{place}");
            }
            other => panic!("{place}: {other:?}"),
        }
        is_the_servers(case, row.get(1), oracle, &place);
    }
}

/// What the table of cases says is the server's own text is it.
fn is_the_servers(case: &Case, value: Value<'_>, oracle: &str, place: &str) {
    let own = ["the server's own text", "its digits", "the text", "the very text", "the character", "36 characters"];
    if case.form == ValueKind::Text
        && own.iter().any(|own| case.holds.starts_with(own))
        && let Value::Text(value) = value
    {
        assert!(value == oracle, "{place}: {} for {}", shortened(value), shortened(oracle));
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
