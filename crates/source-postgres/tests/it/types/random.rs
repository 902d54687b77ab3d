//! Random tables of random values from each type's edges, held against the server's own texts.

use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sync_core::Value;
use test_servers::long_test_length;

use super::{SETUP, STYLE};
use crate::place::{Given, Place};

/// The environment variable with the seed of a run that is to be had again.
const SEED: &str = "DATA_SYNC_TEST_SEED";

/// A type, what its values may be in SQL, and the server's word on a column `c` of it.
struct Kind {
    native: &'static str,
    values: BoxedStrategy<String>,
    oracle: &'static str,
}

#[derive(Clone, Debug)]
struct Table {
    /// Which kinds its columns are of.
    columns: Vec<usize>,
    /// For each column as many values as there are rows, and some more.
    values: Vec<Vec<Option<String>>>,
    rows: usize,
    /// Rows in a batch.
    batch: usize,
}

const ROWS: usize = 12;

const SERVER: &str = "format('%s', c)";
const STAMP: &str = "CASE WHEN isfinite(c) THEN to_char(c, 'YYYY-MM-DD HH24:MI:SS.US') || CASE WHEN c < '0001-01-01' THEN ' BC' ELSE '' END ELSE c::text END";
const STAMP_UTC: &str = "CASE WHEN isfinite(c) THEN to_char(c AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z' || CASE WHEN c AT TIME ZONE 'UTC' < '0001-01-01' THEN ' BC' ELSE '' END ELSE c::text END";
const JSON: &str = "to_jsonb(c)::text";

#[test]
fn heavy_random_tables_are_what_the_server_says() {
    let given = std::env::var(SEED).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let mut seed = given.unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = Place::with(SETUP);
    let (kinds, strategy) = tables();
    let deadline = Instant::now() + long_test_length();
    let mut tables = 0;
    loop {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config { cases: 1, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let outcome =
            runner.run(&strategy, |table| runtime.block_on(check(&place, &kinds, &table)).map_err(TestCaseError::fail));
        if let Err(failure) = outcome {
            panic!("{SEED}={seed} fails: {failure}");
        }
        tables += 1;
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if given.is_some() || Instant::now() >= deadline {
            break;
        }
    }
    eprintln!("{tables} tables");
}

fn tables() -> (Vec<Kind>, impl Strategy<Value = Table>) {
    let kinds = kinds();
    let values: Vec<_> = kinds.iter().map(|kind| kind.values.clone()).collect();
    let strategy = vec(0..values.len(), 1..8).prop_flat_map(move |columns| {
        let cells: Vec<_> =
            columns.iter().map(|kind| vec(proptest::option::weighted(0.9, values[*kind].clone()), ROWS)).collect();
        (Just(columns), cells, 1..=ROWS, 1..5_usize).prop_map(|(columns, values, rows, batch)| Table {
            columns,
            values,
            rows,
            batch,
        })
    });
    (kinds, strategy)
}

/// Makes the table, fills it, and reads it by a copy and by a poll from before the rows.
async fn check(place: &Place, kinds: &[Kind], table: &Table) -> Result<(), String> {
    let columns: Vec<String> =
        table.columns.iter().enumerate().map(|(number, kind)| format!(", c{number} {}", kinds[*kind].native)).collect();
    let create = format!("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY{})", columns.concat());
    place.database.execute(&create).map_err(|error| error.to_string())?;
    let source = place.table("t", None, Some("id")).await;
    let start = place.read(&source, None, 10).await.watermark();
    let rows: Vec<String> = (0..table.rows)
        .map(|row| {
            let cells = table.values.iter().map(|column| column[row].as_deref().unwrap_or("NULL"));
            format!("({row}, {})", cells.collect::<Vec<_>>().join(", "))
        })
        .collect();
    place
        .database
        .execute(&format!("{STYLE} INSERT INTO t VALUES {}", rows.join(", ")))
        .map_err(|error| error.to_string())?;
    let oracles: Vec<String> = table
        .columns
        .iter()
        .enumerate()
        .map(|(number, kind)| {
            let column = format!("c{number}");
            let expression = kinds[*kind]
                .oracle
                .replace("(c)", &format!("({column})"))
                .replace("(c,", &format!("({column},"))
                .replace("(c ", &format!("({column} "))
                .replace(" c)", &format!(" {column})"))
                .replace("N c ", &format!("N {column} "))
                .replace("E c::", &format!("E {column}::"));
            format!("CASE WHEN num_nulls({column}) = 0 THEN {expression} END")
        })
        .collect();
    let answer = format!("json_agg(json_build_array({}) ORDER BY id)", oracles.join(", "));
    // As digits: `psql` leaves out code points that are no characters, which the server keeps like others.
    let query = format!("{STYLE} SELECT encode(convert_to({answer}::text, 'UTF8'), 'hex') FROM t");
    let answer = place.database.query(&query).map_err(|error| error.to_string())?;
    let expected: Vec<Vec<Option<String>>> = serde_json::from_slice(&bytes(answer.lines().last().unwrap_or_default()))
        .map_err(|error| format!("{error}: {answer}"))?;
    compare(kinds, table, &place.read(&source, None, table.batch).await, &expected)
        .map_err(|error| format!("copy: {error}"))?;
    compare(kinds, table, &place.read(&source, Some(&start), table.batch).await, &expected)
        .map_err(|error| format!("poll: {error}"))
}

/// What hexadecimal digits stand for.
fn bytes(digits: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.as_bytes().chunks(2).map(byte).collect()
}

fn compare(kinds: &[Kind], table: &Table, given: &Given, expected: &[Vec<Option<String>>]) -> Result<(), String> {
    if let Some(failed) = given.batches.iter().flat_map(|batch| &batch.failed).next() {
        return Err(failed.error.clone());
    }
    let rows: Vec<_> = given.batches.iter().flat_map(|batch| batch.rows.rows()).collect();
    if rows.len() != table.rows {
        return Err(format!("{} rows of {}", rows.len(), table.rows));
    }
    for (number, (row, expected)) in rows.iter().zip(expected).enumerate() {
        for (column, expected) in expected.iter().enumerate() {
            let kind = &kinds[table.columns[column]];
            let value = row.get(column + 1);
            if !is_equal(value, expected.as_deref(), kind.oracle == JSON) {
                let literal = &table.values[column][number];
                return Err(format!("{literal:?} of {} came as {value:?} for {expected:?}", kind.native));
            }
        }
    }
    Ok(())
}

fn is_equal(value: Value<'_>, expected: Option<&str>, document: bool) -> bool {
    match (value, expected) {
        (Value::Null, None) => true,
        (Value::Integer(value), Some(text)) => value.to_string() == text,
        (Value::Real(value), Some(text)) => {
            text.parse::<f64>().is_ok_and(|expected| expected.to_bits() == value.to_bits())
        }
        (Value::Bytes(value), Some(text)) => value.iter().map(|byte| format!("{byte:02x}")).collect::<String>() == text,
        (Value::Text(value), Some(text)) if document => {
            let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            // Parsing rounds numbers, so their digits are compared too.
            parsed(value).is_some() && parsed(value) == parsed(text) && digits(value) == digits(text)
        }
        (Value::Text(value), Some(text)) => value == text,
        _ => false,
    }
}

fn kind(
    native: &'static str,
    oracle: &'static str,
    edges: &'static [&'static str],
    values: impl Strategy<Value = String> + 'static,
) -> Kind {
    let edges = edges.iter().map(|edge| (*edge).to_owned()).collect::<Vec<_>>();
    let values = if edges.is_empty() { values.boxed() } else { prop_oneof![1 => select(edges), 3 => values].boxed() };
    Kind { native, values, oracle }
}

fn shaped(regex: &str) -> impl Strategy<Value = String> + use<> {
    string_regex(regex).unwrap().prop_map(|text| format!("'{text}'"))
}

/// As an expression, which no client can misread.
fn quoted(text: &str) -> String {
    format!("convert_from('\\x{}', 'UTF8')", text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        string_regex("\\PC{0,20}").unwrap(),
        vec(any::<char>(), 0..20).prop_map(|text| text.into_iter().filter(|letter| *letter != '\0').collect())
    ]
}

fn kinds() -> Vec<Kind> {
    let mut kinds = numbers();
    kinds.extend(times());
    kinds.extend(texts());
    kinds.extend(others());
    kinds
}

fn numbers() -> Vec<Kind> {
    const REALS: &[&str] = &["'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "0", "1e15", "0.1"];
    let float8 = any::<u64>().prop_map(f64::from_bits).prop_map(|value| {
        if value.is_nan() { "'NaN'".to_owned() } else { format!("'{value:e}'").replace("inf", "Infinity") }
    });
    let float4 = any::<u32>().prop_map(f32::from_bits).prop_map(|value| {
        if value.is_nan() { "'NaN'".to_owned() } else { format!("'{value:e}'").replace("inf", "Infinity") }
    });
    vec![
        kind("boolean", "(c)::int::text", &[], any::<bool>().prop_map(|value| value.to_string())),
        kind("smallint", SERVER, &["'-32768'", "32767"], any::<i16>().prop_map(|value| format!("'{value}'"))),
        kind("integer", SERVER, &["'-2147483648'", "0"], any::<i32>().prop_map(|value| format!("'{value}'"))),
        kind(
            "bigint",
            SERVER,
            &["'-9223372036854775808'", "'9223372036854775807'"],
            any::<i64>().prop_map(|value| format!("'{value}'")),
        ),
        kind("oid", SERVER, &["0"], any::<u32>().prop_map(|value| format!("'{value}'"))),
        kind("xid8", SERVER, &["'18446744073709551615'"], any::<u64>().prop_map(|value| format!("'{value}'"))),
        kind("float8", "(c)::text", REALS, float8),
        kind("real", "(c)::float8::text", REALS, float4),
        kind(
            "numeric",
            SERVER,
            &["'NaN'", "0", "'0.0000'", "'1e1000'", "'-1e-1000'", "'9999'", "'10000'", "'0.0001'"],
            shaped("-?[0-9]{1,40}(\\.[0-9]{0,30})?(e-?[0-9]{1,2})?"),
        ),
        kind(
            "numeric(12,2)",
            SERVER,
            &["'NaN'", "0"],
            shaped("-?[0-9]{1,10}(\\.[0-9]{1,4})?").prop_map(|text| text.replace("9999999999.99", "1")),
        ),
        kind("numeric(15,3)", SERVER, &["0"], shaped("-?[0-9]{1,12}\\.[0-9]{1,3}")),
        kind("numeric(15,15)", SERVER, &["0"], shaped("-?0\\.[0-9]{1,15}")),
        kind("numeric(18,0)", SERVER, &["'NaN'", "'999999999999999999'"], shaped("-?[0-9]{1,18}")),
        kind("numeric(38,10)", SERVER, &["'NaN'"], shaped("-?[0-9]{1,28}(\\.[0-9]{1,10})?")),
        kind(
            "money",
            "(c)::numeric::text",
            &["'-92233720368547758.08'"],
            (-1_000_000_000_000_i64..1_000_000_000_000).prop_map(|cents| format!("({cents}::numeric / 100)::money")),
        ),
    ]
}

fn times() -> Vec<Kind> {
    const INFINITE: &[&str] = &["'infinity'", "'-infinity'"];
    let day = prop_oneof![-2_451_500_i64..106_000_000, -800_000..2_000_000_i64];
    let microsecond = prop_oneof![0_i64..86_400_000_000, (0_i64..86_400).prop_map(|second| second * 1_000_000)];
    let clock = (0..24, 0..60, 0..60, 0..1_000_000).prop_map(|(h, m, s, us)| format!("{h:02}:{m:02}:{s:02}.{us:06}"));
    let zone =
        (select(vec!['+', '-']), 0..16, 0..60, 0..60).prop_map(|(sign, h, m, s)| format!("{sign}{h:02}:{m:02}:{s:02}"));
    let moment = |start: &'static str| {
        (day.clone(), microsecond.clone()).prop_map(move |(day, us)| {
            format!("{start} + ({day}) * interval '24 hours' + ({us}) * interval '1 microsecond'")
        })
    };
    vec![
        kind("date", SERVER, INFINITE, prop_oneof![-2_451_507_i64..2_145_031_948, -800_000..2_000_000_i64].prop_map(|day| format!("'2000-01-01'::date + ({day})"))),
        kind("timestamp", STAMP, INFINITE, moment("'2000-01-01'::timestamp")),
        kind("timestamptz", STAMP_UTC, INFINITE, moment("'2000-01-01 00:00+00'::timestamptz")),
        kind("time", SERVER, &["'24:00'", "'00:00'"], clock.clone().prop_map(|clock| format!("'{clock}'"))),
        kind("timetz", SERVER, &["'24:00-15:59:59'"], (clock, zone).prop_map(|(clock, zone)| format!("'{clock}{zone}'"))),
        kind("interval", SERVER, &["'0'"], (any::<i32>(), any::<i32>(), -8_000_000_000_000_000_000_i64..8_000_000_000_000_000_000)
            .prop_map(|(months, days, us)| format!("make_interval(months => ({months})) + make_interval(days => ({days})) + ({us}) * interval '1 microsecond'"))),
        kind("interval", SERVER, &["'0'"], (-30..30, -40..40, -100_000_000_000_i64..100_000_000_000)
            .prop_map(|(months, days, us)| format!("make_interval(months => ({months})) + make_interval(days => ({days})) + ({us}) * interval '1 microsecond'"))),
    ]
}

fn texts() -> Vec<Kind> {
    let document = (any_text(), any_text(), any::<i64>())
        .prop_map(|(key, text, number)| serde_json::json!({ key: [text, number, null, 1.5] }).to_string())
        .boxed();
    vec![
        kind("text", SERVER, &["''"], any_text().prop_map(|text| quoted(&text))),
        kind("varchar(60)", SERVER, &["''"], any_text().prop_map(|text| quoted(&text))),
        kind("char(60)", SERVER, &["''"], any_text().prop_map(|text| quoted(&text))),
        kind("citext", SERVER, &["''"], any_text().prop_map(|text| quoted(&text))),
        kind(
            "bytea",
            "encode(c, 'hex')",
            &["''"],
            vec(any::<u8>(), 0..40).prop_map(|bytes| {
                format!("'\\x{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            }),
        ),
        kind("uuid", SERVER, &[], any::<u128>().prop_map(|value| format!("'{value:032x}'"))),
        kind("json", SERVER, &["' [ 1 ]  '"], document.clone().prop_map(|text| format!("{}::json", quoted(&text)))),
        kind("jsonb", SERVER, &["'null'"], document.prop_map(|text| format!("{}::jsonb", quoted(&text)))),
        kind(
            "text[]",
            JSON,
            &["'{}'", "'{NULL}'"],
            vec(any_text(), 1..4).prop_map(|texts| {
                format!("ARRAY[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
            }),
        ),
        kind(
            "pair",
            JSON,
            &["ROW(NULL, '')"],
            (any::<i32>(), any_text()).prop_map(|(a, b)| format!("ROW({a}, {})::pair", quoted(&b))),
        ),
        kind(
            "pair[]",
            JSON,
            &["'{}'"],
            (any::<i32>(), any_text()).prop_map(|(a, b)| format!("ARRAY[ROW({a}, {})::pair, NULL]", quoted(&b))),
        ),
        kind(
            "hstore",
            JSON,
            &["''"],
            (any_text(), any_text()).prop_map(|(a, b)| format!("hstore({}, {})", quoted(&a), quoted(&b))),
        ),
    ]
}

fn others() -> Vec<Kind> {
    vec![
        kind("bit(7)", "(c)::int::text", &[], shaped("[01]{7}").prop_map(|bits| format!("B{bits}"))),
        kind("bit(63)", "(c)::bigint::text", &[], shaped("[01]{63}").prop_map(|bits| format!("B{bits}"))),
        kind("bit(64)", SERVER, &[], shaped("[01]{64}").prop_map(|bits| format!("B{bits}"))),
        kind("varbit", SERVER, &["B''"], shaped("[01]{0,70}").prop_map(|bits| format!("B{bits}"))),
        kind(
            "inet",
            SERVER,
            &["'::'"],
            (any::<u32>(), 0..33).prop_map(|(address, mask)| format!("'{}/{mask}'", std::net::Ipv4Addr::from(address))),
        ),
        kind(
            "inet",
            SERVER,
            &["'::ffff:1.2.3.4'"],
            (any::<u128>(), 0..129)
                .prop_map(|(address, mask)| format!("'{}/{mask}'", std::net::Ipv6Addr::from(address))),
        ),
        kind(
            "pg_lsn",
            SERVER,
            &["'0/0'"],
            any::<u64>().prop_map(|value| format!("'{:X}/{:X}'", value >> 32, value & 0xffff_ffff)),
        ),
        kind(
            "int[]",
            JSON,
            &["'{}'", "'[5:6]={1,NULL}'"],
            vec(proptest::option::of(any::<i32>()), 1..5).prop_map(|items| {
                let items: Vec<String> =
                    items.iter().map(|item| item.map_or("NULL".to_owned(), |item| item.to_string())).collect();
                format!("ARRAY[[{0}],[{0}]]::int[]", items.join(", "))
            }),
        ),
        kind("numeric[]", JSON, &["'{NaN}'"], shaped("\\{-?[1-9][0-9]{0,30}\\.[0-9]{1,20}\\}")),
        kind(
            "int8range",
            SERVER,
            &["'empty'"],
            (any::<i32>(), 0..1000).prop_map(|(low, width)| format!("int8range({low}, {low}::bigint + {width}, '(]')")),
        ),
        kind("point", SERVER, &[], (any::<i32>(), any::<i32>()).prop_map(|(x, y)| format!("point({x} / 7.0, {y})"))),
        kind("mood", SERVER, &["'ok'", "'it''s \"fine\"'"], Just("'ok'".to_owned())),
    ]
}
