//! Random tables of random values from each type's edges, held against the server's own texts.

use std::time::Instant;

use mysql_async::Row;
use mysql_async::prelude::Queryable;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sync_core::Value;
use test_servers::long_test_length;

use super::{LENIENT, server};
use crate::place::{Given, Place};

/// The environment variable with the seed of a run that is to be had again.
const SEED: &str = "DATA_SYNC_TEST_SEED";

/// A type, what its values may be in SQL, and the server's word on a column `{c}` of it.
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

const SERVER: &str = "CAST({c} AS CHAR)";
const HEX: &str = "HEX({c})";
/// Six digits of a second, whatever the column has.
const STAMP: &str = "RPAD(CONCAT(CAST({c} AS CHAR), IF(LOCATE('.', CAST({c} AS CHAR)) > 0, '', '.')), 26, '0')";

#[test]
fn heavy_random_tables_are_what_the_server_says() {
    let given = std::env::var(SEED).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let mut seed = given.unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = runtime.block_on(Place::with("ALTER DATABASE CHARACTER SET utf8mb4"));
    let (kinds, strategy) = tables(runtime.block_on(server(&place)).0);
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

fn tables(is_mariadb: bool) -> (Vec<Kind>, impl Strategy<Value = Table>) {
    let kinds = kinds(is_mariadb);
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
    let mut session = place.session().await;
    session.query_drop(LENIENT).await.map_err(|error| error.to_string())?;
    let columns: Vec<String> =
        table.columns.iter().enumerate().map(|(number, kind)| format!(", c{number} {}", kinds[*kind].native)).collect();
    let create = format!("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY{})", columns.concat());
    session.query_drop(create).await.map_err(|error| error.to_string())?;
    let source = place.table("t", None, Some("id")).await;
    let start = place.read(&source, None, 10).await.watermark();
    let rows: Vec<String> = (0..table.rows)
        .map(|row| {
            let cells = table.values.iter().map(|column| column[row].as_deref().unwrap_or("NULL"));
            format!("({row}, {})", cells.collect::<Vec<_>>().join(", "))
        })
        .collect();
    let insert = format!("INSERT INTO t VALUES {}", rows.join(", "));
    session.query_drop(&insert).await.map_err(|error| format!("{error}: {insert}"))?;
    let oracles: Vec<String> = table
        .columns
        .iter()
        .enumerate()
        .map(|(number, kind)| kinds[*kind].oracle.replace("{c}", &format!("c{number}")))
        .collect();
    let query = format!("SELECT {} FROM t ORDER BY id", oracles.join(", "));
    let answer: Vec<Row> = session.query(query).await.map_err(|error| error.to_string())?;
    let expected: Vec<Vec<Option<Vec<u8>>>> =
        answer.into_iter().map(|row| row.unwrap().into_iter().map(mysql_async::from_value).collect()).collect();
    session.disconnect().await.map_err(|error| error.to_string())?;
    compare(kinds, table, &place.read(&source, None, table.batch).await, &expected)
        .map_err(|error| format!("copy: {error}"))?;
    compare(kinds, table, &place.read(&source, Some(&start), table.batch).await, &expected)
        .map_err(|error| format!("poll: {error}"))
}

fn compare(kinds: &[Kind], table: &Table, given: &Given, expected: &[Vec<Option<Vec<u8>>>]) -> Result<(), String> {
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
            let expected = expected.as_deref().map(String::from_utf8_lossy);
            if !is_equal(value, expected.as_deref()) {
                let literal = &table.values[column][number];
                return Err(format!("{literal:?} of {} came as {value:?} for {expected:?}", kind.native));
            }
        }
    }
    Ok(())
}

fn is_equal(value: Value<'_>, expected: Option<&str>) -> bool {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    match (value, expected) {
        (Value::Null, None) => true,
        (Value::Integer(value), Some(text)) => text.parse() == Ok(value),
        (Value::Real(value), Some(text)) => text.parse::<f64>().is_ok_and(|expected| {
            // MySQL gives a number 22 characters, and leaves out the digits that do not fit.
            let is_cut =
                format!("{value:e}").len() > 22 && (value - expected).abs() <= value.abs() * f64::EPSILON * 8.0;
            expected.to_bits() == value.to_bits() || is_cut
        }),
        (Value::Bytes(value), Some(text)) => hex(value) == text,
        // Of texts the server gives the bytes of their UTF-8, so that nothing on the way can read them in another way.
        (Value::Text(value), Some(text)) => value == text || hex(value.as_bytes()) == text,
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
    string_regex(regex).unwrap()
}

/// As its bytes, which no client can misread.
fn quoted(text: &str) -> String {
    let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    if digits.is_empty() { "''".to_owned() } else { format!("_utf8mb4 x'{digits}'") }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![string_regex("\\PC{0,20}").unwrap(), vec(any::<char>(), 0..20).prop_map(String::from_iter)]
}

fn kinds(is_mariadb: bool) -> Vec<Kind> {
    let mut kinds = numbers();
    kinds.extend(times());
    kinds.extend(texts());
    kinds.extend(others());
    if is_mariadb {
        kinds.extend(of_mariadb());
    }
    kinds
}

fn numbers() -> Vec<Kind> {
    let double = any::<u64>()
        .prop_map(f64::from_bits)
        .prop_map(|value| if value.is_finite() { format!("{value:e}") } else { "0e0".to_owned() });
    let float = any::<u32>()
        .prop_map(f32::from_bits)
        .prop_map(|value| if value.is_finite() { format!("{:e}", f64::from(value)) } else { "0e0".to_owned() });
    vec![
        kind("boolean", SERVER, &[], any::<i8>().prop_map(|value| value.to_string())),
        kind("tinyint unsigned", SERVER, &["255"], any::<u8>().prop_map(|value| value.to_string())),
        kind("smallint", SERVER, &["-32768"], any::<i16>().prop_map(|value| value.to_string())),
        kind("mediumint", SERVER, &["-8388608"], (-8_388_608_i32..8_388_607).prop_map(|value| value.to_string())),
        kind("int unsigned zerofill", SERVER, &["0"], any::<u32>().prop_map(|value| value.to_string())),
        kind("bigint", SERVER, &["-9223372036854775808"], any::<i64>().prop_map(|value| value.to_string())),
        kind("bigint unsigned", SERVER, &["18446744073709551615"], any::<u64>().prop_map(|value| value.to_string())),
        kind("year", SERVER, &["0"], (1901..2156_u16).prop_map(|value| value.to_string())),
        kind("double", SERVER, &["0", "1e15", "0.1e0"], double),
        // The server keeps the nearest double of the nearest float.
        kind("float", "CAST({c} + 0e0 AS CHAR)", &["0", "16777216", "0.1e0"], float),
        kind("decimal(12,2)", SERVER, &["0"], shaped("-?[0-9]{1,10}\\.[0-9]{1,2}")),
        kind("decimal(15,15)", SERVER, &["0"], shaped("-?0\\.[0-9]{1,15}")),
        kind("decimal(18,0)", SERVER, &["999999999999999999"], shaped("-?[0-9]{1,18}")),
        kind("decimal(65,30)", SERVER, &["0"], shaped("-?[0-9]{1,35}\\.[0-9]{1,30}")),
        kind("decimal(20,4) unsigned zerofill", SERVER, &["0"], shaped("[0-9]{1,16}\\.[0-9]{1,4}")),
        kind("bit(7)", "CAST({c} + 0 AS CHAR)", &["0"], (0..128_u8).prop_map(|value| value.to_string())),
        kind("bit(63)", "CAST({c} + 0 AS CHAR)", &["0"], (0..i64::MAX).prop_map(|value| value.to_string())),
        kind("bit(64)", "LPAD(BIN({c} + 0), 64, '0')", &["~0"], any::<u64>().prop_map(|value| value.to_string())),
    ]
}

fn times() -> Vec<Kind> {
    let part = |least: u32, end: u32| prop_oneof![least..end, least..(least + 2)];
    let day = (prop_oneof![Just(0_u32), 1..10_000_u32], 0..13_u32, 0..29_u32)
        .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
        .boxed();
    let clock = (part(0, 24), part(0, 60), part(0, 60), prop_oneof![Just(0_u32), 0..1_000_000_u32])
        .prop_map(|(h, m, s, us)| format!("{h:02}:{m:02}:{s:02}.{us:06}"))
        .boxed();
    let at = (day.clone(), clock).prop_map(|(day, clock)| format!("'{day} {clock}'")).boxed();
    let moment = (1_i64..2_147_483_647, 0..1_000_000_u32).boxed();
    let moment = moment.prop_map(|(s, us)| format!("'1970-01-01' + INTERVAL {s} SECOND + INTERVAL {us} MICROSECOND"));
    let time = (any::<bool>(), 0..839_u32, 0..60_u32, 0..60_u32, 0..1_000_000_u32).prop_map(|(minus, h, m, s, us)| {
        let us = if (h, m, s) == (838, 59, 59) { 0 } else { us };
        format!("'{}{h:02}:{m:02}:{s:02}.{us:06}'", if minus { "-" } else { "" })
    });
    let zoned: &str =
        "CONCAT(RPAD(CONCAT(CAST({c} AS CHAR), IF(LOCATE('.', CAST({c} AS CHAR)) > 0, '', '.')), 26, '0'), 'Z')";
    vec![
        kind("date", SERVER, &["'0000-00-00'", "'9999-12-31'"], day.prop_map(|day| format!("'{day}'"))),
        kind("datetime", STAMP, &["'0000-00-00'"], at.clone()),
        kind("datetime(3)", STAMP, &["'9999-12-31 23:59:59'"], at.clone()),
        kind("datetime(6)", STAMP, &["'2024-02-29 00:00:00.000001'"], at),
        kind("timestamp(6) NULL", zoned, &["'0000-00-00'"], moment.clone()),
        kind("timestamp NULL", zoned, &["'1970-01-01 00:00:01'"], moment),
        kind("time", SERVER, &["'-838:59:59'", "0"], time.clone()),
        kind("time(6)", SERVER, &["'-00:00:00.000001'"], time.clone()),
        kind("time(2)", SERVER, &["'838:59:59'"], time),
    ]
}

fn texts() -> Vec<Kind> {
    const UTF8: &str = "HEX(CONVERT({c} USING utf8mb4))";
    let text = || any_text().prop_map(|text| quoted(&text));
    let latin = || string_regex("[ -~¡-ÿ€]{0,20}").unwrap().prop_map(|text| quoted(&text));
    vec![
        kind("text", UTF8, &["''", "' '"], text()),
        kind("varchar(60)", UTF8, &["''", "'a '"], text()),
        kind("char(60)", UTF8, &["''", "'a  '"], text()),
        kind("longtext collate utf8mb4_bin", UTF8, &["''"], text()),
        kind("varchar(60) character set utf16", UTF8, &["''"], text()),
        kind("text character set utf32", UTF8, &["''"], text()),
        kind("varchar(60) character set latin1", UTF8, &["''"], latin()),
        kind("varchar(60) character set gbk", UTF8, &["''"], shaped("[ -~一-十]{0,20}").prop_map(|text| quoted(&text))),
        kind("enum('a','it''s','ü')", UTF8, &["'none'", "3"], select(vec!["1", "2", "3"]).prop_map(str::to_owned)),
        kind("set('a','b','ü')", UTF8, &["''"], (0..8_u8).prop_map(|bits| bits.to_string())),
        kind("varbinary(40)", HEX, &["''"], bytes(40)),
        kind("binary(40)", HEX, &["''"], bytes(40)),
        kind("blob", HEX, &["''"], bytes(60)),
    ]
}

fn bytes(most: usize) -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..most)
        .prop_map(|bytes| format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

fn others() -> Vec<Kind> {
    let document = (any_text(), any_text(), any::<i64>())
        .prop_map(|(key, text, number)| quoted(&serde_json::json!({ key: [text, number, null, 1.5] }).to_string()));
    let place = || (-1e9..1e9_f64, -1e9..1e9_f64);
    vec![
        kind("json", "HEX(CONVERT(CAST({c} AS CHAR) USING utf8mb4))", &["'null'"], document),
        kind("point", "HEX(ST_AsBinary({c}))", &[], place().prop_map(|(x, y)| format!("POINT({x:e}, {y:e})"))),
        kind(
            "geometry",
            "HEX(ST_AsBinary({c}))",
            &["ST_GeomFromText('MULTIPOINT(1 1,2 2)', 3857)"],
            vec(place(), 2..6).prop_map(|places| {
                let texts: Vec<String> = places.iter().map(|(x, y)| format!("{x} {y}")).collect();
                format!("ST_GeomFromText('LINESTRING({})')", texts.join(","))
            }),
        ),
    ]
}

fn of_mariadb() -> Vec<Kind> {
    let four = any::<u32>().prop_map(|address| format!("'{}'", std::net::Ipv4Addr::from(address)));
    let six = any::<u128>().prop_map(|address| format!("'{}'", std::net::Ipv6Addr::from(address)));
    vec![
        kind(
            "uuid",
            SERVER,
            &["'00000000-0000-0000-0000-000000000000'"],
            any::<u128>().prop_map(|value| format!("'{value:032x}'")),
        ),
        kind("inet4", SERVER, &["'0.0.0.0'"], four),
        kind("inet6", SERVER, &["'::'"], six),
    ]
}
