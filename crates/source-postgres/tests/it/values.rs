//! Every type against the server's own text, by the copy and by the poll.

use sync_core::Value;

use crate::place::{Given, Place};

/// A type, its values as SQL, and what the server says a value `c` should be.
struct Case {
    native: &'static str,
    values: &'static str,
    oracle: &'static str,
    /// The first release that has it.
    since: u32,
}

const fn case(native: &'static str, values: &'static str, oracle: &'static str) -> Case {
    since(13, native, values, oracle)
}

const fn since(since: u32, native: &'static str, values: &'static str, oracle: &'static str) -> Case {
    Case { native, values, oracle, since }
}

const SELF: &str = "c::text";
const SERVER: &str = "CASE WHEN c IS NOT NULL THEN format('%s', c) END";
const JSON: &str = "to_jsonb(c)::text";
const STAMP: &str = "CASE WHEN isfinite(c) THEN to_char(c, 'YYYY-MM-DD HH24:MI:SS.US') || CASE WHEN c < '0001-01-01' THEN ' BC' ELSE '' END ELSE c::text END";
const STAMP_UTC: &str = "CASE WHEN isfinite(c) THEN to_char(c AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z' || CASE WHEN c AT TIME ZONE 'UTC' < '0001-01-01' THEN ' BC' ELSE '' END ELSE c::text END";

const CASES: &[Case] = &[
    case("boolean", "(true), (false)", "c::int::text"),
    case("smallint", "(-32768), (32767)", SELF),
    case("integer", "(-2147483648), (2147483647), (0)", SELF),
    case("bigint", "(-9223372036854775808), (9223372036854775807), (9007199254740993)", SELF),
    case("oid", "(0), (4294967295)", SELF),
    case("xid", "('0'), ('4294967295')", SELF),
    case("cid", "('0'), ('4294967295')", SELF),
    case("xid8", "('0'), ('18446744073709551615')", SELF),
    case("real", "(0.1), (-0.0), ('NaN'), ('Infinity'), ('-Infinity'), (1e-45), (3.4028235e38)", "c::float8::text"),
    case(
        "double precision",
        "(0.1), (-0.0), ('NaN'), ('Infinity'), ('-Infinity'), (5e-324), (1.7976931348623157e308)",
        SELF,
    ),
    case(
        "numeric",
        "(0), (0.00), (-0.10), (1e-20), (1e100), (12345678901234567890.123456789), (10000), (100000000), (0.0001), (0.00010000), ('NaN')",
        SELF,
    ),
    since(14, "numeric", "('Infinity'), ('-Infinity')", SELF),
    case("numeric(12,2)", "(0), (0.01), (-9999999999.99), (9999999999.99), (10000), ('NaN')", SELF),
    case("numeric(15,0)", "(0), (-999999999999999), (100000000)", SELF),
    case("numeric(18,0)", "(999999999999999999), (-999999999999999999), (10000), ('NaN')", SELF),
    case("numeric(38,10)", "(1), (-12345678901234567890.0123456789)", SELF),
    case("numeric(15,15)", "(0.999999999999999), (-0.000000000000001)", SELF),
    since(15, "numeric(3,-2)", "(99900), (-100)", SELF),
    since(15, "numeric(15,-4)", "(9999999999999990000), (10000)", SELF),
    since(15, "numeric(3,5)", "(0.00999), (-0.00001)", SELF),
    since(15, "numeric(5,300)", "(1e-300), (-99999e-300)", SELF),
    case("money", "(0), (-92233720368547758.08), (1234567.89)", "c::numeric::text"),
    case("text", "(''), ('Ünïcødé ✓ 数据 🚚'), (E'a\\nb\\t\"c\\\\d'), (repeat('x', 100000))", SELF),
    case("varchar(5)", "(''), ('ab   ')", SELF),
    case("char(5)", "(''), ('ab')", SERVER),
    case("name", "('abc')", SELF),
    case("\"char\"", "('a'), ('')", SERVER),
    case("xml", "('<a>1</a>'), ('<?xml version=\"1.0\" encoding=\"UTF-8\"?><b/>')", SERVER),
    case("bytea", "(''), ('\\x00'), ('\\xdeadbeef00')", "encode(c, 'hex')"),
    case(
        "date",
        "('2024-02-29'), ('infinity'), ('-infinity'), ('0044-03-15 BC'), ('0001-01-01'), ('4713-01-01 BC'), ('5874897-12-31'), ('10000-01-01')",
        SELF,
    ),
    case("time", "('00:00'), ('24:00'), ('13:37:00.000001'), ('23:59:59.999999'), ('12:00:00.5')", SELF),
    case(
        "timetz",
        "('00:00+00'), ('24:00-12'), ('13:37:00.1+05:30'), ('01:02:03+15:59:59'), ('01:02:03-00:00:01')",
        SELF,
    ),
    case(
        "timestamp",
        "('2024-02-29 13:37:00.000001'), ('infinity'), ('-infinity'), ('0044-03-15 12:00 BC'), ('294276-12-31 23:59:59.999999'), ('4713-01-01 BC'), ('1970-01-01')",
        STAMP,
    ),
    case(
        "timestamptz",
        "('2024-02-29 13:37:00.000001+05:30'), ('infinity'), ('-infinity'), ('0044-03-15 12:00+00 BC'), ('294276-12-31 23:59:59.999999+00'), ('1969-12-31 23:59:59.999999+00'), ('0001-01-01 00:00+00')",
        STAMP_UTC,
    ),
    case(
        "interval",
        "('0'), ('1 year 2 mons 3 days 04:05:06.789'), ('-1 year -2 mons +3 days -04:05:06.7'), ('-0.000001 seconds'), ('178000000 years'), ('-1000000 hours'), ('1 mon -1 day'), ('11 mons'), ('-13 mons')",
        SELF,
    ),
    case("uuid", "('00000000-0000-0000-0000-000000000001'), ('FFFFFFFF-ffff-FFFF-ffff-0123456789ab')", SELF),
    case("json", "('{\"a\":1,  \"a\": 2.50}'), ('null'), (' [1, 2]')", SELF),
    case("jsonb", "('{\"b\":1, \"a\": 2.50, \"c\": \"\\u00fc\"}'), ('null'), ('[]')", SELF),
    case("bit(8)", "(B'10000001'), (B'00000000')", "('x' || lpad(to_hex(c::int), 16, '0'))::bit(64)::bigint::text"),
    case("bit(63)", "(B'1' || repeat('0', 62)::varbit), (repeat('1', 63)::bit(63))", "c::bigint::text"),
    case("bit(70)", "(repeat('10', 35)::bit(70))", SELF),
    case("varbit", "(B''), (B'1'), (B'101010101')", SELF),
    case("inet", "('10.0.0.1'), ('10.0.0.1/8'), ('::1'), ('fe80::1/64')", SERVER),
    case("cidr", "('10.0.0.0/8'), ('::/0')", SERVER),
    case("macaddr", "('08:00:2b:01:02:03')", SERVER),
    case("macaddr8", "('08:00:2b:01:02:03:04:05')", SERVER),
    case("point", "('(0.1,-1e300)')", SERVER),
    case("box", "('(1,1),(0,0)')", SERVER),
    case("path", "('[(0,0),(1,1)]')", SERVER),
    case("tsvector", "('a:1 b:2A')", SERVER),
    case("tsquery", "('a & !b')", SERVER),
    case("pg_lsn", "('16/B374D848')", SERVER),
    case("tid", "('(1,2)')", SERVER),
    case("regclass", "('pg_class')", SERVER),
    case("aclitem", "('postgres=r/postgres')", SERVER),
    case("int4range", "('[1,5)'), ('empty'), ('(,)')", SERVER),
    case("tstzrange", "('[2024-01-01 00:00+02,)')", SERVER),
    since(14, "int4multirange", "('{[1,2),[5,6)}')", SERVER),
    case("int2vector", "('1 2 3')", SERVER),
    case("oidvector", "('1 2')", SERVER),
    case("int[]", "('{1,NULL,3}'), ('{}'), ('{{1,2},{3,4}}'), ('[0:1]={7,8}')", JSON),
    case("numeric[]", "('{1.50,12345678901234567890.123,NaN}')", JSON),
    case("float8[]", "('{0.1,Infinity,1e300}')", JSON),
    case("text[]", "(ARRAY['a\"b', E'c\\\\d', '', NULL, 'ü'])", JSON),
    case("timestamptz[]", "('{\"2024-01-01 00:00+02\",infinity}')", JSON),
    case("bytea[]", "(ARRAY['\\xdead'::bytea])", JSON),
    case("jsonb[]", "(ARRAY['{\"a\": 1.0}'::jsonb])", JSON),
    case("interval[]", "('{1 day}')", JSON),
    case("mood", "('ok'), ('it''s \"fine\"')", SELF),
    case("mood[]", "('{ok}')", JSON),
    case("pair", "(ROW(1, 'x')::pair), (ROW(NULL, NULL)::pair), (ROW(NULL, 'y')::pair)", JSON),
    case("pair[]", "(ARRAY[ROW(1, 'x')::pair])", JSON),
    case("email", "('a@b')", SELF),
    case("cents", "(1.25), (-3)", SELF),
    case("flags", "(B'101')", "c::bit(3)::int::text"),
    case("document", "('{\"a\":1,  \"a\": 2}')", SELF),
    case("ids", "('{1,2}')", JSON),
    case("citext", "('Abc')", SERVER),
    case("hstore", "('a=>1, b=>NULL')", JSON),
    case("ltree", "('a.b.c')", SERVER),
    case("cube", "('(1,2)')", SERVER),
];

const TYPES: &str = "CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION cube;
    CREATE TYPE mood AS ENUM ('ok', 'it''s \"fine\"'); CREATE TYPE pair AS (a int, b text);
    CREATE DOMAIN email AS text; CREATE DOMAIN price AS numeric(9,2); CREATE DOMAIN cents AS price; CREATE DOMAIN flags AS bit(3);
    CREATE DOMAIN document AS json; CREATE DOMAIN ids AS int[];";

/// The server's texts follow settings; these are the ones that the source promises.
const STYLE: &str =
    "SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'UTC'; SET bytea_output = 'hex';";

#[tokio::test]
async fn every_type_is_what_the_server_says() {
    let place = Place::with(TYPES);
    // Settings of the login must not shine through.
    let name = place.database.name();
    for setting in [
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'postgres'",
        "TimeZone = 'Asia/Kolkata'",
        "bytea_output = 'escape'",
        "extra_float_digits = -3",
    ] {
        place.database.execute(&format!("ALTER DATABASE {name} SET {setting}")).unwrap();
    }
    let version: u32 = place.database.query("SHOW server_version_num").unwrap().trim().parse().unwrap();
    let cases: Vec<_> = CASES.iter().filter(|case| case.since <= version / 10_000).enumerate().collect();
    let mut setup = STYLE.to_owned();
    for (number, case) in &cases {
        setup +=
            &format!("CREATE TABLE t{number} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c {});", case.native);
    }
    place.database.execute(&setup).unwrap();
    for (number, case) in cases {
        let table = place.table(&format!("t{number}"), None, Some("id")).await;
        let start = place.read(&table, None, 100).await.watermark();
        place.database.execute(&format!("{STYLE} INSERT INTO t{number} (c) VALUES {}, (NULL)", case.values)).unwrap();
        let oracle = place
            .database
            .query(&format!(
                "{STYLE} SET extra_float_digits = 1; SELECT json_agg({} ORDER BY id) FROM t{number}",
                case.oracle
            ))
            .unwrap();
        let oracle: Vec<Option<String>> = serde_json::from_str(oracle.lines().last().unwrap()).unwrap();
        let copy = place.read(&table, None, 2).await;
        let poll = place.read(&table, Some(&start), 2).await;
        for given in [&copy, &poll] {
            compare(case, given, &oracle);
        }
    }
}

fn compare(case: &Case, given: &Given, oracle: &[Option<String>]) {
    assert!(given.batches.iter().all(|batch| batch.failed.is_empty()), "{}: {given:?}", case.native);
    let rows: Vec<_> = given.batches.iter().flat_map(|batch| batch.rows.rows()).collect();
    assert_eq!(rows.len(), oracle.len(), "{}", case.native);
    for (row, expected) in rows.iter().zip(oracle) {
        let (value, native) = (row.get(1), case.native);
        match (value, expected.as_deref()) {
            (Value::Null, None) => {}
            (Value::Real(value), Some(text)) => {
                assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{native}: {value} for {text}")
            }
            (Value::Integer(value), Some(text)) => assert_eq!(value.to_string(), text, "{native}"),
            (Value::Bytes(value), Some(text)) => {
                assert_eq!(value.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), text, "{native}")
            }
            (Value::Text(value), Some(text)) if case.oracle == JSON => {
                let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
                assert_eq!(parse(value), parse(text), "{native}");
                if native == "numeric[]" {
                    assert_eq!(digits(value), digits(text), "all digits are kept");
                }
            }
            (Value::Text(value), Some(text)) => assert_eq!(value, text, "{native}"),
            other => panic!("{native}: {other:?}"),
        }
    }
}

fn digits(json: &str) -> String {
    json.chars().filter(|character| character.is_ascii_digit() || *character == '.').collect()
}

/// Many values that nobody thought of.
#[tokio::test]
async fn random_values_are_what_the_server_says() {
    let place = Place::with(
        "SELECT setseed(0.42);
         CREATE TABLE t AS SELECT g AS id,
            ((random() - 0.5) * power(10, random() * 40 - 20))::numeric AS n,
            round(((random() - 0.5) * power(10, random() * 14))::numeric, 4)::numeric(18,4) AS d,
            round(((random() - 0.5) * power(10, random() * 12))::numeric, 3)::numeric(15,3) AS r,
            round(((random() - 0.5) * power(10, random() * 17))::numeric)::numeric(18,0) AS i,
            (random() - 0.5) * power(10, random() * 600 - 300) AS f,
            '2000-01-01'::timestamptz + (random() - 0.3) * interval '9000 years' AS z,
            '2000-01-01'::date + ((random() - 0.3) * 2000000)::int AS day,
            '00:00'::time + random() * interval '1 day' AS tod,
            make_interval(months => ((random() - 0.5) * 1000)::int, days => ((random() - 0.5) * 100)::int) + (random() - 0.5) * interval '1000 hours' AS v
         FROM generate_series(1, 3000) g; ALTER TABLE t ADD PRIMARY KEY (id)",
    );
    let oracle = place
        .database
        .query(&format!(
            "{STYLE} SELECT json_build_array(n::text, d::text, r::text, i::text, f::text, {}, day::text, tod::text, v::text) FROM t ORDER BY id",
            STAMP_UTC.replace("c)", "z)").replace("(c,", "(z,").replace("(c ", "(z ").replace("N c ", "N z ").replace("E c::", "E z::")
        ))
        .unwrap();
    let table = place.table("t", None, Some("id")).await;
    let copy = place.read(&table, None, 1000).await;
    let mut compared = 0;
    for (row, line) in
        copy.batches.iter().flat_map(|batch| batch.rows.rows()).zip(oracle.lines().filter(|line| line.starts_with('[')))
    {
        let expected: Vec<String> = serde_json::from_str(line).unwrap();
        for (value, text) in row.values().skip(1).zip(&expected) {
            match value {
                Value::Real(value) => {
                    assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{value} for {text}")
                }
                value => assert_eq!(&crate::place::text(value), text),
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 27_000);
}
