//! Every type with values from its edges and what arrives of them: what the tests check, and what `docs/types.md` shows.

use sync_core::ValueKind;
use sync_core::ValueKind::{Bytes as Blob, Integer, Real, Text};

use Is::{B, I, J, R, S, T};

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
    /// The first release that has it.
    pub(super) since: u32,
}

/// What a value becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Is {
    I(i64),
    R(f64),
    T(&'static str),
    B(&'static [u8]),
    /// A text, which as a JSON value is equal to the server's `to_jsonb`.
    J(&'static str),
    /// Whatever the server's output function says; for what is too long to stand here.
    S,
}

/// Types that the cases need.
pub(super) const SETUP: &str = r#"
    CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION cube; CREATE EXTENSION isn;
    CREATE TYPE mood AS ENUM ('ok', 'it''s "fine"'); CREATE TYPE pair AS (a int, b text);
    CREATE TYPE nest AS (p pair, ps pair[], j json, n numeric, t timestamptz);
    CREATE TYPE textrange AS RANGE (subtype = text);
    CREATE DOMAIN email AS text; CREATE DOMAIN price AS numeric(9,2); CREATE DOMAIN cents AS price;
    CREATE DOMAIN flags AS bit(3); CREATE DOMAIN document AS json; CREATE DOMAIN ids AS int[]; CREATE DOMAIN more_ids AS ids;
    CREATE DOMAIN feeling AS mood; CREATE DOMAIN couple AS pair;"#;

const NUMBERS: &str = "Numbers";
const TEXTS: &str = "Text and bytes";
const TIMES: &str = "Dates and times";
const DOCUMENTS: &str = "JSON, arrays, composites";
const NETWORK: &str = "Bits, network, geometry, search";
const SYSTEM: &str = "The system's own";
const OWN: &str = "Types of your own, and of extensions";

const DIGITS: &str = "its digits, all of them";
const SERVER: &str = "the server's own text";

type Values = &'static [(&'static str, Is)];

const fn case(group: &'static str, native: &'static str, form: ValueKind, holds: &'static str, values: Values) -> Case {
    Case { group, native, form, holds, values, since: 13 }
}

const fn since(since: u32, case: Case) -> Case {
    Case { since, ..case }
}

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    case(NUMBERS, "boolean", Integer, "0 or 1", &[("true", I(1)), ("false", I(0))]),
    case(NUMBERS, "smallint", Integer, "the number", &[("-32768", I(-32768)), ("32767", I(32767))]),
    case(NUMBERS, "integer", Integer, "the number", &[("2147483647", I(2147483647)), ("-2147483648", I(-2147483648)), ("0", I(0))]),
    case(NUMBERS, "bigint", Integer, "the number", &[
        ("9223372036854775807", I(i64::MAX)), ("-9223372036854775808", I(i64::MIN)), ("9007199254740993", I(9007199254740993))]),
    case(NUMBERS, "real", Real, "the number; `NaN` is TEXT, the infinities are SQLite's `Inf`", &[
        ("0.5", R(0.5)), ("'NaN'", T("NaN")), ("'-Infinity'", R(f64::NEG_INFINITY)), ("0.1", R(0.1_f32 as f64)),
        ("'-0'", R(-0.0)), ("'Infinity'", R(f64::INFINITY)), ("1e-45", R(1e-45_f32 as f64)), ("3.4028235e38", R(f32::MAX as f64))]),
    case(NUMBERS, "double precision", Real, "the number; `NaN` is TEXT, the infinities are SQLite's `Inf`", &[
        ("0.1", R(0.1)), ("'NaN'", T("NaN")), ("'Infinity'", R(f64::INFINITY)), ("'-Infinity'", R(f64::NEG_INFINITY)),
        ("'-0'", R(-0.0)), ("5e-324", R(5e-324)), ("1.7976931348623157e308", R(f64::MAX)), ("2.2250738585072014e-308", R(f64::MIN_POSITIVE))]),
    case(NUMBERS, "numeric(18,0)", Integer, "the number; so for any scale of 0 or less and at most 18 digits", &[
        ("999999999999999999", I(999999999999999999)), ("'NaN'", T("NaN")), ("-999999999999999999", I(-999999999999999999)), ("10000", I(10000)), ("0", I(0))]),
    since(15, case(NUMBERS, "numeric(3,-2)", Integer, "the number", &[("99900", I(99900)), ("-149", I(-100))])),
    case(NUMBERS, "numeric(12,2)", Real, "the number, exact; so for at most 15 digits. `NaN` is TEXT", &[
        ("12.30", R(12.3)), ("-9999999999.99", R(-9999999999.99)), ("'NaN'", T("NaN")), ("0", R(0.0)), ("0.01", R(0.01)), ("10000", R(10000.0))]),
    case(NUMBERS, "numeric(15,15)", Real, "the number, exact", &[
        ("0.999999999999999", R(0.999999999999999)), ("-0.000000000000001", R(-1e-15))]),
    since(15, case(NUMBERS, "numeric(15,-4)", Real, "the number, exact", &[("9999999999999990000", R(9999999999999990000.0)), ("10000", R(10000.0))])),
    since(15, case(NUMBERS, "numeric(3,5)", Real, "the number, exact", &[("0.00999", R(0.00999)), ("-0.00001", R(-0.00001))])),
    since(15, case(NUMBERS, "numeric(5,300)", Real, "the number, exact", &[("1e-300", R(1e-300)), ("-99999e-300", R(-99999e-300))])),
    case(NUMBERS, "numeric(19,0)", Text, DIGITS, &[("9999999999999999999", T("9999999999999999999")), ("-1", T("-1"))]),
    case(NUMBERS, "numeric(38,10)", Text, DIGITS, &[("1", T("1.0000000000")), ("-12345678901234567890.0123456789", T("-12345678901234567890.0123456789"))]),
    case(NUMBERS, "numeric", Text, DIGITS, &[
        ("12345678901234567890.123456789", T("12345678901234567890.123456789")), ("1.50", T("1.50")), ("'NaN'", T("NaN")), ("0", T("0")), ("0.00", T("0.00")),
        ("-0.10", T("-0.10")), ("1e-20", T("0.00000000000000000001")), ("10000", T("10000")), ("100000000", T("100000000")), ("0.0001", T("0.0001")),
        ("0.00010000", T("0.00010000")), ("1e130000", S), ("-1e-16000", S), ("12345.6789 * 1e5000::numeric", S)]),
    since(14, case(NUMBERS, "numeric", Text, DIGITS, &[("'Infinity'", T("Infinity")), ("'-Infinity'", T("-Infinity"))])),
    case(NUMBERS, "money", Text, "the digits of `money::numeric`, whatever the server's locale", &[
        ("'1234567.89'", T("1234567.89")), ("0", T("0.00")), ("'-92233720368547758.08'", T("-92233720368547758.08"))]),

    case(TEXTS, "text", Text, "the text", &[
        ("'Ünïcødé ✓ 数据 🚚'", T("Ünïcødé ✓ 数据 🚚")), ("''", T("")), ("E'a\\nb\\t\"c\\\\d'", T("a\nb\t\"c\\d")), ("E'\\u0001\\u200d\\ufffd'", T("\u{1}\u{200d}\u{fffd}")),
        ("repeat('x', 100000)", S)]),
    case(TEXTS, "varchar(5)", Text, "the text", &[("'ab   '", T("ab   ")), ("''", T(""))]),
    case(TEXTS, "char(5)", Text, "the text with its blanks, as the server prints it", &[("'ab'", T("ab   ")), ("''", T("     "))]),
    case(TEXTS, "name", Text, "the text", &[("'abc'", T("abc")), ("repeat('ü', 40)", S)]),
    case(TEXTS, "\"char\"", Text, "the character", &[("'a'", T("a")), ("''", T(""))]),
    case(TEXTS, "xml", Text, SERVER, &[("'<a>1</a>'", T("<a>1</a>")), ("'<?xml version=\"1.0\" encoding=\"UTF-8\"?><b/>'", S)]),
    case(TEXTS, "uuid", Text, "36 characters in lower case", &[
        ("'FFFFFFFF-ffff-FFFF-ffff-0123456789ab'", T("ffffffff-ffff-ffff-ffff-0123456789ab")), ("'{00000000000000000000000000000001}'", T("00000000-0000-0000-0000-000000000001"))]),
    case(TEXTS, "bytea", Blob, "the bytes", &[("'\\xdeadbeef00'", B(b"\xde\xad\xbe\xef\0")), ("''", B(b"")), ("'\\x00'", B(b"\0"))]),

    case(TIMES, "timestamptz", Text, "`YYYY-MM-DD HH:MM:SS.ffffffZ`, always in UTC and of one width: sorts, and SQLite's date functions read it", &[
        ("'2024-02-29 13:37:00.000001+05:30'", T("2024-02-29 08:07:00.000001Z")), ("'infinity'", T("infinity")), ("'0044-03-15 12:00+00 BC'", T("0044-03-15 12:00:00.000000Z BC")),
        ("'-infinity'", T("-infinity")), ("'294276-12-31 23:59:59.999999+00'", T("294276-12-31 23:59:59.999999Z")), ("'1969-12-31 23:59:59.999999+00'", T("1969-12-31 23:59:59.999999Z")),
        ("'0001-01-01 00:00+00'", T("0001-01-01 00:00:00.000000Z")), ("'4714-11-24 00:00:00+00 BC'", T("4714-11-24 00:00:00.000000Z BC")), ("'10000-01-01 00:00+00'", T("10000-01-01 00:00:00.000000Z"))]),
    case(TIMES, "timestamp", Text, "`YYYY-MM-DD HH:MM:SS.ffffff`; no zone is invented", &[
        ("'2024-02-29 13:37:00.000001'", T("2024-02-29 13:37:00.000001")), ("'infinity'", T("infinity")), ("'0044-03-15 12:00 BC'", T("0044-03-15 12:00:00.000000 BC")),
        ("'-infinity'", T("-infinity")), ("'294276-12-31 23:59:59.999999'", T("294276-12-31 23:59:59.999999")), ("'4713-01-01 BC'", T("4713-01-01 00:00:00.000000 BC")),
        ("'1970-01-01'", T("1970-01-01 00:00:00.000000")), ("'2016-12-31 23:59:60'", T("2017-01-01 00:00:00.000000"))]),
    case(TIMES, "timestamp(0)", Text, "as `timestamp`", &[("'2024-02-29 13:37:00.6'", T("2024-02-29 13:37:01.000000"))]),
    case(TIMES, "date", Text, "`YYYY-MM-DD`", &[
        ("'2024-02-29'", T("2024-02-29")), ("'-infinity'", T("-infinity")), ("'0044-03-15 BC'", T("0044-03-15 BC")), ("'infinity'", T("infinity")),
        ("'0001-01-01'", T("0001-01-01")), ("'4714-11-24 BC'", T("4714-11-24 BC")), ("'5874897-12-31'", T("5874897-12-31")), ("'10000-01-01'", T("10000-01-01"))]),
    case(TIMES, "time", Text, "`HH:MM:SS`, and the fraction if there is one", &[
        ("'13:37:00.000001'", T("13:37:00.000001")), ("'24:00'", T("24:00:00")), ("'00:00'", T("00:00:00")), ("'23:59:59.999999'", T("23:59:59.999999")), ("'12:00:00.5'", T("12:00:00.5"))]),
    case(TIMES, "timetz", Text, "as `time`, with the offset from UTC", &[
        ("'13:37:00.1+05:30'", T("13:37:00.1+05:30")), ("'24:00-12'", T("24:00:00-12")), ("'00:00+00'", T("00:00:00+00")), ("'01:02:03+15:59:59'", T("01:02:03+15:59:59")),
        ("'01:02:03-00:00:01'", T("01:02:03-00:00:01"))]),
    case(TIMES, "interval", Text, "ISO 8601", &[
        ("'1 year 2 mons 3 days 04:05:06.789'", T("P1Y2M3DT4H5M6.789S")), ("'-1 year -2 mons +3 days -04:05:06.7'", T("P-1Y-2M3DT-4H-5M-6.7S")), ("'0'", T("PT0S")),
        ("'-0.000001 seconds'", T("PT-0.000001S")), ("'178000000 years'", T("P178000000Y")), ("'-1000000 hours'", T("PT-1000000H")), ("'1 mon -1 day'", T("P1M-1D")),
        ("'11 mons'", T("P11M")), ("'-13 mons'", T("P-1Y-1M"))]),
    since(17, case(TIMES, "interval", Text, "ISO 8601", &[("'infinity'", T("infinity")), ("'-infinity'", T("-infinity"))])),

    case(DOCUMENTS, "json", Text, "the very text that was stored", &[
        ("'{\"a\":1,  \"a\": 2.50}'", T("{\"a\":1,  \"a\": 2.50}")), ("' [1, 2]'", T(" [1, 2]")), ("'null'", T("null")), ("'\"\\u0000\"'", T("\"\\u0000\""))]),
    case(DOCUMENTS, "jsonb", Text, SERVER, &[
        ("'{\"b\":1, \"a\": 2.50}'", T("{\"a\": 2.50, \"b\": 1}")), ("'null'", T("null")), ("'[]'", T("[]")), ("'\"\\u00fc\"'", T("\"ü\"")), ("'12345678901234567890.10'", T("12345678901234567890.10"))]),
    case(DOCUMENTS, "jsonpath", Text, SERVER, &[("'$.a[*] ? (@ > 1)'", S), ("'strict $'", T("strict $"))]),
    case(DOCUMENTS, "integer[]", Text, "a JSON array; lower bounds are not kept", &[
        ("'{1,NULL,3}'", J("[1,null,3]")), ("'{{1,2},{3,4}}'", J("[[1,2],[3,4]]")), ("'[0:1]={7,8}'", J("[7,8]")), ("'{}'", J("[]"))]),
    case(DOCUMENTS, "numeric[]", Text, "a JSON array; numbers with all their digits", &[("'{1.50,12345678901234567890.123,NaN}'", J("[1.50,12345678901234567890.123,\"NaN\"]"))]),
    case(DOCUMENTS, "text[]", Text, "a JSON array", &[("ARRAY['a\"b', E'c\\\\d', '', NULL, 'ü']", J("[\"a\\\"b\",\"c\\\\d\",\"\",null,\"ü\"]"))]),
    case(DOCUMENTS, "float8[]", Text, "a JSON array", &[("'{0.1,Infinity,1e300}'", J("[0.1,\"Infinity\",1e+300]"))]),
    case(DOCUMENTS, "boolean[]", Text, "a JSON array", &[("'{t,f}'", J("[true,false]"))]),
    case(DOCUMENTS, "timestamptz[]", Text, "a JSON array; moments in ISO 8601", &[("'{\"2024-01-01 00:00+02\",infinity}'", J("[\"2023-12-31T22:00:00+00:00\",\"infinity\"]"))]),
    case(DOCUMENTS, "interval[]", Text, "a JSON array", &[("'{1 day}'", J("[\"P1D\"]"))]),
    case(DOCUMENTS, "bytea[]", Text, "a JSON array", &[("ARRAY['\\xdead'::bytea]", J("[\"\\\\xdead\"]"))]),
    case(DOCUMENTS, "json[]", Text, "a JSON array of the very texts", &[("ARRAY['{\"a\":1,  \"b\": 2}'::json]", J("[{\"a\":1,  \"b\": 2}]"))]),
    case(DOCUMENTS, "jsonb[]", Text, "a JSON array", &[("ARRAY['{\"a\": 1.0}'::jsonb]", J("[{\"a\": 1.0}]"))]),
    case(DOCUMENTS, "int4range[]", Text, "a JSON array", &[("'{\"[1,5)\",empty}'", J("[\"[1,5)\",\"empty\"]"))]),
    case(DOCUMENTS, "aclitem[]", Text, "a JSON array", &[("'{postgres=r/postgres}'", J("[\"postgres=r/postgres\"]"))]),
    case(DOCUMENTS, "pair", Text, "a JSON object", &[
        ("ROW(1, 'x')", J("{\"a\":1,\"b\":\"x\"}")), ("ROW(NULL, NULL)", J("{\"a\":null,\"b\":null}"))]),
    case(DOCUMENTS, "pair[]", Text, "a JSON array of objects", &[("ARRAY[ROW(1, 'x')::pair, NULL]", J("[{\"a\":1,\"b\":\"x\"},null]"))]),
    case(DOCUMENTS, "nest", Text, "a JSON object; a `json` in it byte for byte", &[
        ("ROW(ROW(1, 'x')::pair, ARRAY[ROW(2, NULL)::pair], '{\"k\":  1}', 1.50, '2024-01-01 00:00+00')",
            J("{\"p\":{\"a\":1,\"b\":\"x\"},\"ps\":[{\"a\":2,\"b\":null}],\"j\":{\"k\":  1},\"n\":1.50,\"t\":\"2024-01-01T00:00:00+00:00\"}"))]),

    case(NETWORK, "bit(8)", Integer, "the number; so for at most 63 bits", &[("B'10000001'", I(129)), ("B'00000000'", I(0))]),
    case(NETWORK, "bit(63)", Integer, "the number", &[("(B'1' || repeat('0', 62)::varbit)::bit(63)", I(1 << 62)), ("repeat('1', 63)::bit(63)", I(i64::MAX))]),
    case(NETWORK, "bit(70)", Text, "`0` and `1`", &[("repeat('10', 35)::bit(70)", T("1010101010101010101010101010101010101010101010101010101010101010101010"))]),
    case(NETWORK, "varbit", Text, "`0` and `1`", &[("B'101010101'", T("101010101")), ("B'1'", T("1")), ("B''", T(""))]),
    case(NETWORK, "inet", Text, SERVER, &[("'10.0.0.1'", T("10.0.0.1")), ("'10.0.0.1/8'", T("10.0.0.1/8")), ("'::1'", T("::1")), ("'fe80::1/64'", T("fe80::1/64"))]),
    case(NETWORK, "cidr", Text, SERVER, &[("'10.0.0.0/8'", T("10.0.0.0/8")), ("'::/0'", T("::/0"))]),
    case(NETWORK, "macaddr", Text, SERVER, &[("'08-00-2B-01-02-03'", T("08:00:2b:01:02:03"))]),
    case(NETWORK, "macaddr8", Text, SERVER, &[("'08:00:2b:01:02:03:04:05'", T("08:00:2b:01:02:03:04:05"))]),
    case(NETWORK, "point", Text, SERVER, &[("'(0.1,-1e300)'", T("(0.1,-1e+300)"))]),
    case(NETWORK, "line", Text, SERVER, &[("'{1,-1,0}'", T("{1,-1,0}"))]),
    case(NETWORK, "lseg", Text, SERVER, &[("'[(0,0),(1,1)]'", T("[(0,0),(1,1)]"))]),
    case(NETWORK, "box", Text, SERVER, &[("'(1,1),(0,0)'", T("(1,1),(0,0)"))]),
    case(NETWORK, "path", Text, SERVER, &[("'[(0,0),(1,1)]'", T("[(0,0),(1,1)]"))]),
    case(NETWORK, "polygon", Text, SERVER, &[("'((0,0),(1,1),(1,0))'", T("((0,0),(1,1),(1,0))"))]),
    case(NETWORK, "circle", Text, SERVER, &[("'<(0,0),1.5>'", T("<(0,0),1.5>"))]),
    case(NETWORK, "tsvector", Text, SERVER, &[("'a:1 b:2A'", T("'a':1 'b':2A"))]),
    case(NETWORK, "tsquery", Text, SERVER, &[("'a & !b'", T("'a' & !'b'"))]),
    case(NETWORK, "int4range", Text, SERVER, &[("'[1,5]'", T("[1,6)")), ("'empty'", T("empty")), ("'(,)'", T("(,)"))]),
    case(NETWORK, "numrange", Text, SERVER, &[("'(1.50,)'", T("(1.50,)"))]),
    case(NETWORK, "tstzrange", Text, SERVER, &[("'[2024-01-01 00:00+02,)'", T("[\"2023-12-31 22:00:00+00\",)"))]),
    case(NETWORK, "textrange", Text, SERVER, &[("'[a,\"b,c\")'", T("[a,\"b,c\")"))]),
    since(14, case(NETWORK, "int4multirange", Text, SERVER, &[("'{[1,2),[5,6)}'", T("{[1,2),[5,6)}")), ("'{}'", T("{}"))])),

    case(SYSTEM, "oid", Integer, "the number", &[("4294967295", I(4294967295)), ("0", I(0))]),
    case(SYSTEM, "xid", Integer, "the number", &[("'4294967295'", I(4294967295)), ("'0'", I(0))]),
    case(SYSTEM, "cid", Integer, "the number", &[("'4294967295'", I(4294967295))]),
    case(SYSTEM, "xid8", Text, DIGITS, &[("'18446744073709551615'", T("18446744073709551615")), ("'0'", T("0"))]),
    case(SYSTEM, "tid", Text, SERVER, &[("'(1,2)'", T("(1,2)"))]),
    case(SYSTEM, "pg_lsn", Text, SERVER, &[("'16/B374D848'", T("16/B374D848"))]),
    case(SYSTEM, "pg_snapshot", Text, SERVER, &[("'10:20:10,14'", T("10:20:10,14"))]),
    case(SYSTEM, "regclass", Text, SERVER, &[("'pg_class'", T("pg_class")), ("0", T("-"))]),
    case(SYSTEM, "regtype", Text, SERVER, &[("'integer'", T("integer"))]),
    case(SYSTEM, "regproc", Text, SERVER, &[("'now'", T("now"))]),
    case(SYSTEM, "regprocedure", Text, SERVER, &[("'now()'", T("now()"))]),
    case(SYSTEM, "regoper", Text, SERVER, &[("0", T("0"))]),
    case(SYSTEM, "regrole", Text, SERVER, &[("'postgres'", T("postgres"))]),
    case(SYSTEM, "regnamespace", Text, SERVER, &[("'pg_catalog'", T("pg_catalog"))]),
    case(SYSTEM, "regconfig", Text, SERVER, &[("'simple'", T("simple"))]),
    case(SYSTEM, "aclitem", Text, SERVER, &[("'postgres=r/postgres'", T("postgres=r/postgres"))]),
    case(SYSTEM, "int2vector", Text, SERVER, &[("'1 2 3'", T("1 2 3")), ("''", T(""))]),
    case(SYSTEM, "oidvector", Text, SERVER, &[("'1 2'", T("1 2"))]),
    case(SYSTEM, "refcursor", Text, SERVER, &[("'c1'", T("c1"))]),

    case(OWN, "mood", Text, "the label of the enumeration", &[("'ok'", T("ok")), ("'it''s \"fine\"'", T("it's \"fine\""))]),
    case(OWN, "mood[]", Text, "a JSON array", &[("'{ok}'", J("[\"ok\"]"))]),
    case(OWN, "email", Text, "a domain is held as what it is made of, here `text`", &[("'a@b'", T("a@b"))]),
    case(OWN, "cents", Real, "a domain over a domain over `numeric(9,2)`", &[("1.25", R(1.25)), ("-3", R(-3.0))]),
    case(OWN, "flags", Integer, "a domain over `bit(3)`", &[("B'101'", I(5))]),
    case(OWN, "document", Text, "a domain over `json`", &[("'{\"a\":1,  \"a\": 2}'", T("{\"a\":1,  \"a\": 2}"))]),
    case(OWN, "more_ids", Text, "a domain over a domain over `integer[]`", &[("'{1,2}'", J("[1,2]"))]),
    case(OWN, "cents[]", Text, "an array of a domain", &[("'{1.5}'", J("[1.50]"))]),
    case(OWN, "feeling", Text, "a domain over an enumeration", &[("'ok'", T("ok"))]),
    case(OWN, "couple", Text, "a domain over a composite", &[("ROW(1, 'x')", J("{\"a\":1,\"b\":\"x\"}"))]),
    case(OWN, "citext", Text, "the text (extension citext)", &[("'Abc'", T("Abc"))]),
    case(OWN, "hstore", Text, "a JSON object (extension hstore)", &[("'a=>1, b=>NULL'", J("{\"a\": \"1\", \"b\": null}")), ("''", J("{}"))]),
    case(OWN, "ltree", Text, "the server's own text (extension ltree)", &[("'a.b.c'", T("a.b.c"))]),
    case(OWN, "cube", Text, "the server's own text (extension cube), and so for any type that is not known", &[("'(1,2)'", T("(1, 2)"))]),
    case(OWN, "isbn", Text, "the server's own text (extension isn)", &[("'978-0-393-04002-9'", T("0-393-04002-X"))]),
    case(OWN, "hstore[]", Text, "a JSON array", &[("ARRAY['a=>1'::hstore]", J("[{\"a\": \"1\"}]"))]),
];
