//! Every type with values from its edges and what arrives of them: what the tests check, and what `docs/types.md` shows.

use sync_core::ValueKind;
use sync_core::ValueKind::{Bytes as Blob, Integer, Real, Text};

use Is::{B, I, R, S, T};
use On::{Both, MariaDb, MySql};

/// A type of column.
pub(super) struct Case {
    /// The heading that it stands under.
    pub(super) group: &'static str,
    /// As in CREATE TABLE.
    pub(super) native: &'static str,
    /// The form of its column.
    pub(super) form: ValueKind,
    /// What the form holds.
    pub(super) holds: &'static str,
    /// Values in SQL, and what arrives.
    pub(super) values: &'static [(&'static str, Is)],
    /// Which servers have it.
    pub(super) on: On,
}

/// Servers, from a major and minor release on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum On {
    Both,
    MariaDb(u32, u32),
    MySql(u32, u32),
}

/// What a value becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Is {
    I(i64),
    R(f64),
    T(&'static str),
    B(&'static [u8]),
    /// Whatever the server's own text says; for what is too long to stand here.
    S,
}

const NUMBERS: &str = "Numbers and bits";
const TEXTS: &str = "Text and bytes";
const TIMES: &str = "Dates and times";
const OTHERS: &str = "JSON, geometry, vectors, network";

const NUMBER: &str = "the number";
const DIGITS: &str = "its digits, all of them";
const SERVER: &str = "the server's own text";
const LETTERS: &str = "the text";
const UTF8: &str = "the text, as UTF-8";
const BYTES: &str = "the bytes";
const WKB: &str = "well-known binary, without the reference system; x before y, longitude before latitude";

type Values = &'static [(&'static str, Is)];

const fn case(group: &'static str, native: &'static str, form: ValueKind, holds: &'static str, values: Values) -> Case {
    Case { group, native, form, holds, values, on: Both }
}

const fn on(on: On, case: Case) -> Case {
    Case { on, ..case }
}

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    case(NUMBERS, "boolean", Integer, "the number: it is `tinyint(1)`, which holds more than 0 and 1", &[("true", I(1)), ("false", I(0)), ("-128", I(-128))]),
    case(NUMBERS, "tinyint", Integer, NUMBER, &[("-128", I(-128)), ("127", I(127))]),
    case(NUMBERS, "tinyint unsigned", Integer, NUMBER, &[("255", I(255)), ("0", I(0))]),
    case(NUMBERS, "smallint", Integer, NUMBER, &[("-32768", I(-32768)), ("32767", I(32767))]),
    case(NUMBERS, "smallint unsigned", Integer, NUMBER, &[("65535", I(65535))]),
    case(NUMBERS, "mediumint", Integer, NUMBER, &[("-8388608", I(-8388608)), ("8388607", I(8388607))]),
    case(NUMBERS, "mediumint unsigned", Integer, NUMBER, &[("16777215", I(16777215))]),
    case(NUMBERS, "integer", Integer, NUMBER, &[("2147483647", I(2147483647)), ("-2147483648", I(-2147483648)), ("0", I(0))]),
    case(NUMBERS, "integer unsigned", Integer, NUMBER, &[("4294967295", I(4294967295)), ("0", I(0))]),
    case(NUMBERS, "int(8) unsigned zerofill", Integer, "the number; zeros in front are for display", &[("42", I(42)), ("4294967295", I(4294967295))]),
    case(NUMBERS, "bigint", Integer, NUMBER, &[
        ("9223372036854775807", I(i64::MAX)), ("-9223372036854775808", I(i64::MIN)), ("9007199254740993", I(9007199254740993))]),
    case(NUMBERS, "bigint unsigned", Text, DIGITS, &[
        ("18446744073709551615", T("18446744073709551615")), ("9223372036854775808", T("9223372036854775808")), ("9223372036854775807", T("9223372036854775807")), ("0", T("0"))]),
    case(NUMBERS, "float", Real, NUMBER, &[
        ("0.5", R(0.5)), ("0.1", R(0.1_f32 as f64)), ("16777216", R(16777216.0)), ("-3.402823466e38", R(f32::MIN as f64)), ("1.17549435e-38", R(f32::MIN_POSITIVE as f64)), ("0", R(0.0))]),
    case(NUMBERS, "float(7,4)", Real, NUMBER, &[("-999.9", R(-999.9_f32 as f64)), ("0.00006", R(0.0001_f32 as f64))]),
    case(NUMBERS, "double", Real, NUMBER, &[
        ("0.1", R(0.1)), ("1.7976931348623157e308", R(f64::MAX)), ("2.2250738585072014e-308", R(f64::MIN_POSITIVE)), ("-9007199254740993e0", R(-9007199254740992.0))]),
    case(NUMBERS, "decimal(18,0)", Integer, "the number; so for at most 18 digits without a fraction", &[
        ("999999999999999999", I(999999999999999999)), ("-999999999999999999", I(-999999999999999999)), ("10000", I(10000)), ("0", I(0))]),
    case(NUMBERS, "decimal(12,2)", Real, "the number, exact; so for at most 15 digits", &[
        ("12.30", R(12.3)), ("-9999999999.99", R(-9999999999.99)), ("0", R(0.0)), ("0.01", R(0.01))]),
    case(NUMBERS, "decimal(15,15)", Real, "the number, exact", &[("0.999999999999999", R(0.999999999999999)), ("-0.000000000000001", R(-1e-15))]),
    case(NUMBERS, "decimal(12,2) unsigned zerofill", Real, "the number, exact", &[("12.30", R(12.3)), ("9999999999.99", R(9999999999.99))]),
    case(NUMBERS, "decimal(19,0)", Text, DIGITS, &[("9999999999999999999", T("9999999999999999999")), ("-1", T("-1"))]),
    case(NUMBERS, "decimal(65,30)", Text, DIGITS, &[
        ("-12345678901234567890123456789012345.123456789012345678901234567891", T("-12345678901234567890123456789012345.123456789012345678901234567891")),
        ("1.5", T("1.500000000000000000000000000000")), ("0", T("0.000000000000000000000000000000"))]),
    case(NUMBERS, "decimal(65,0)", Text, DIGITS, &[("99999999999999999999999999999999999999999999999999999999999999999", S)]),
    case(NUMBERS, "decimal(20,2) unsigned zerofill", Text, "its digits as the server prints them, zeros in front among them", &[("12.3", T("000000000000000012.30"))]),
    case(NUMBERS, "bit", Integer, NUMBER, &[("b'1'", I(1)), ("b'0'", I(0))]),
    case(NUMBERS, "bit(10)", Integer, "the number; so for at most 63 bits", &[("b'1000000001'", I(513)), ("b'0'", I(0))]),
    case(NUMBERS, "bit(63)", Integer, NUMBER, &[("~0 >> 1", I(i64::MAX)), ("1", I(1))]),
    case(NUMBERS, "bit(64)", Text, "`0` and `1`", &[
        ("~0", T("1111111111111111111111111111111111111111111111111111111111111111")), ("5", T("0000000000000000000000000000000000000000000000000000000000000101"))]),
    case(NUMBERS, "year", Integer, NUMBER, &[("2024", I(2024)), ("1901", I(1901)), ("2155", I(2155)), ("0", I(0))]),

    case(TEXTS, "text", Text, LETTERS, &[
        ("'Ünïcødé ✓ 数据 🚚'", T("Ünïcødé ✓ 数据 🚚")), ("''", T("")), ("'a\\nb\\t\"c\\\\d'", T("a\nb\t\"c\\d")), ("_utf8mb4 x'0001e2808defbfbd'", T("\0\u{1}\u{200d}\u{fffd}")), ("repeat('x', 60000)", S)]),
    case(TEXTS, "tinytext", Text, LETTERS, &[("repeat('ü', 127)", S)]),
    case(TEXTS, "mediumtext", Text, LETTERS, &[("repeat('ü', 100000)", S)]),
    case(TEXTS, "longtext", Text, LETTERS, &[("repeat('数', 100000)", S)]),
    case(TEXTS, "varchar(5)", Text, LETTERS, &[("'ab   '", T("ab   ")), ("''", T("")), ("'🚚🚚🚚🚚🚚'", T("🚚🚚🚚🚚🚚"))]),
    case(TEXTS, "char(5)", Text, "the text without the blanks at its end, as the server gives it", &[("'ab'", T("ab")), ("'ab  '", T("ab")), ("''", T("")), ("'  a'", T("  a"))]),
    case(TEXTS, "varchar(20) character set latin1", Text, UTF8, &[("'Käse für 3½ €'", T("Käse für 3½ €")), ("_latin1 x'80ff'", T("€ÿ"))]),
    case(TEXTS, "char(9) character set utf16", Text, UTF8, &[("'数 🚚'", T("数 🚚")), ("_utf16 x'd83dde9a'", T("🚚"))]),
    case(TEXTS, "text character set utf32", Text, UTF8, &[("'ü🚚'", T("ü🚚"))]),
    case(TEXTS, "varchar(20) character set gbk", Text, UTF8, &[("'数据库'", T("数据库")), ("_gbk x'cafd'", T("数"))]),
    case(TEXTS, "text character set sjis", Text, UTF8, &[("'表ｶﾀ'", T("表ｶﾀ"))]),
    case(TEXTS, "varchar(20) character set utf8mb3", Text, LETTERS, &[("'Ünï 数'", T("Ünï 数"))]),
    case(TEXTS, "varchar(20) collate utf8mb4_bin", Text, LETTERS, &[("'a '", T("a ")), ("'A'", T("A"))]),
    case(TEXTS, "enum('ok','it''s \"fine\"','ünï')", Text, "the label; nothing for the value that stands for an error", &[
        ("'ok'", T("ok")), ("'it''s \"fine\"'", T("it's \"fine\"")), ("3", T("ünï")), ("'no label'", T(""))]),
    case(TEXTS, "set('c','b','a')", Text, "the labels with commas between them, in the order of the type", &[("'a,c'", T("c,a")), ("''", T("")), ("7", T("c,b,a"))]),
    case(TEXTS, "binary(4)", Blob, "the bytes, with the zeros at their end", &[("'a'", B(b"a\0\0\0")), ("x'deadbeef'", B(b"\xde\xad\xbe\xef"))]),
    case(TEXTS, "varbinary(4)", Blob, BYTES, &[("x'ff00'", B(b"\xff\0")), ("''", B(b""))]),
    case(TEXTS, "tinyblob", Blob, BYTES, &[("x'00'", B(b"\0"))]),
    case(TEXTS, "blob", Blob, BYTES, &[("x'deadbeef00'", B(b"\xde\xad\xbe\xef\0")), ("''", B(b"")), ("repeat(x'ff', 60000)", S)]),
    case(TEXTS, "mediumblob", Blob, BYTES, &[("repeat(x'00', 100000)", S)]),
    case(TEXTS, "longblob", Blob, BYTES, &[("repeat(x'80', 100000)", S)]),

    case(TIMES, "timestamp null", Text, "`YYYY-MM-DD HH:MM:SS.ffffffZ`, always in UTC and of one width: sorts, and SQLite's date functions read it", &[
        ("'2024-02-29 13:37:00'", T("2024-02-29 13:37:00.000000Z")), ("'1970-01-01 00:00:01'", T("1970-01-01 00:00:01.000000Z")), ("'2038-01-19 03:14:07'", T("2038-01-19 03:14:07.000000Z")),
        ("'0000-00-00'", T("0000-00-00 00:00:00.000000Z"))]),
    case(TIMES, "timestamp(6) null", Text, "as `timestamp`", &[("'2024-02-29 13:37:00.000001'", T("2024-02-29 13:37:00.000001Z"))]),
    case(TIMES, "datetime", Text, "`YYYY-MM-DD HH:MM:SS.ffffff`; no zone is invented. Dates that are zero, wholly or partly, stay so", &[
        ("'2024-02-29 13:37:00'", T("2024-02-29 13:37:00.000000")), ("'0000-00-00'", T("0000-00-00 00:00:00.000000")), ("'2024-00-31 01:02:03'", T("2024-00-31 01:02:03.000000")),
        ("'9999-12-31 23:59:59'", T("9999-12-31 23:59:59.000000")), ("'0001-01-01'", T("0001-01-01 00:00:00.000000"))]),
    case(TIMES, "datetime(6)", Text, "as `datetime`", &[("'2024-02-29 13:37:00.000001'", T("2024-02-29 13:37:00.000001")), ("'9999-12-31 23:59:59.999999'", T("9999-12-31 23:59:59.999999"))]),
    case(TIMES, "datetime(2)", Text, "as `datetime`", &[("'2024-02-29 13:37:00.25'", T("2024-02-29 13:37:00.250000"))]),
    case(TIMES, "date", Text, "`YYYY-MM-DD`, zeros as in `datetime`", &[
        ("'2024-02-29'", T("2024-02-29")), ("'0000-00-00'", T("0000-00-00")), ("'2024-02-00'", T("2024-02-00")), ("'9999-12-31'", T("9999-12-31")), ("'1000-01-01'", T("1000-01-01"))]),
    case(TIMES, "time", Text, "the server's own text: `HH:MM:SS`, which goes beyond a day and below zero", &[
        ("'13:37:00'", T("13:37:00")), ("'-838:59:59'", T("-838:59:59")), ("'838:59:59'", T("838:59:59")), ("0", T("00:00:00")), ("'-00:00:01'", T("-00:00:01"))]),
    case(TIMES, "time(3)", Text, "the server's own text", &[("'13:37:00.5'", T("13:37:00.500")), ("'-838:59:58.999'", T("-838:59:58.999")), ("0", T("00:00:00.000"))]),
    case(TIMES, "time(6)", Text, "the server's own text", &[("'-00:00:00.000001'", T("-00:00:00.000001")), ("'100:00:00.25'", T("100:00:00.250000"))]),

    on(MySql(5, 7), case(OTHERS, "json", Text, SERVER, &[
        ("'{\"b\":1, \"aa\": \"ü🚚\"}'", T("{\"b\": 1, \"aa\": \"ü🚚\"}")), ("'null'", T("null")), ("'[]'", T("[]")), ("'[9223372036854775807, 0.1, 1e300]'", S)])),
    on(MariaDb(10, 5), case(OTHERS, "json", Text, "the very text that was stored", &[
        ("'{\"a\":1,  \"a\": 2.50}'", T("{\"a\":1,  \"a\": 2.50}")), ("' [1, \"ü🚚\"]'", T(" [1, \"ü🚚\"]")), ("'null'", T("null"))])),
    case(OTHERS, "point", Blob, WKB, &[
        ("ST_GeomFromText('POINT(1 2)')", B(b"\x01\x01\0\0\0\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@")), ("ST_GeomFromText('POINT(1 2)', 4326)", S)]),
    case(OTHERS, "geometry", Blob, WKB, &[
        ("ST_GeomFromText('LINESTRING(1 2,0 0)')", B(b"\x01\x02\0\0\0\x02\0\0\0\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")),
        ("ST_GeomFromText('LINESTRING(0 0,1 1)')", S), ("ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')", S), ("ST_GeomFromText('MULTIPOINT(0 0,1 1)')", S),
        ("ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')", S), ("ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))', 3857)", S)]),
    case(OTHERS, "geometrycollection", Blob, WKB, &[
        ("ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))')", B(b"\x01\x07\0\0\0\x01\0\0\0\x01\x01\0\0\0\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@"))]),
    on(MySql(9, 0), case(OTHERS, "vector(3)", Text, "a JSON array; numbers with as many digits as tell them apart", &[
        ("STRING_TO_VECTOR('[1,-0.5,0.1]')", T("[1,-0.5,0.1]")), ("STRING_TO_VECTOR('[16777216,3.4028235e38,-1.1754944e-38]')", T("[16777216,3.4028235e38,-1.1754944e-38]"))])),
    on(MariaDb(11, 7), case(OTHERS, "vector(3)", Text, "a JSON array; numbers with as many digits as tell them apart", &[
        ("VEC_FromText('[1,-0.5,0.1]')", T("[1,-0.5,0.1]")), ("VEC_FromText('[16777216,1e17,-1.5e-7]')", T("[16777216,1e17,-1.5e-7]"))])),
    on(MariaDb(10, 7), case(OTHERS, "uuid", Text, "36 characters in lower case", &[
        ("'FFFFFFFF-ffff-FFFF-bfff-0123456789ab'", T("ffffffff-ffff-ffff-bfff-0123456789ab")), ("'00000000000000000000000000000001'", T("00000000-0000-0000-0000-000000000001"))])),
    on(MariaDb(10, 5), case(OTHERS, "inet6", Text, SERVER, &[("'::1'", T("::1")), ("'2001:DB8::ff00:42:8329'", T("2001:db8::ff00:42:8329")), ("'::ffff:1.2.3.4'", T("::ffff:1.2.3.4"))])),
    on(MariaDb(10, 10), case(OTHERS, "inet4", Text, SERVER, &[("'10.0.0.1'", T("10.0.0.1")), ("'0.0.0.0'", T("0.0.0.0"))])),
];
