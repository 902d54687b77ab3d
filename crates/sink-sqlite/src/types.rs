//! How each type is stored. Every value stays exact, or is refused.
//!
//! A column is declared by the form that its values come in, so its affinity never changes them. Only a value that comes in another
//! form needs a look: `NaN` beside numbers stays text, whereas the text `1e5` in a column of numbers would silently become 100000.0.
//! SQLite keeps no sign of zero: -0.0 is read back as 0.0.

use sync_core::{DataType, ValueKind};

/// The type that a column is declared with.
pub(crate) fn declared(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Integer => "INTEGER",
        ValueKind::Real => "REAL",
        ValueKind::Text => "TEXT",
        // BLOB has no affinity: it keeps whatever comes.
        _ => "BLOB",
    }
}

/// The name of a type in `tmp_data_sync_columns`.
pub(crate) fn type_name(data_type: DataType) -> String {
    let name = match data_type {
        DataType::Boolean => "boolean",
        DataType::Integer => "integer",
        DataType::UnsignedInteger => "unsigned integer",
        DataType::Real => "real",
        DataType::Decimal { precision, scale } => return format!("decimal({precision},{scale})"),
        DataType::Number => "number",
        DataType::Text => "text",
        DataType::Bytes => "bytes",
        DataType::Date => "date",
        DataType::Time => "time",
        DataType::TimeTz => "time with zone",
        DataType::Timestamp => "timestamp",
        DataType::TimestampTz => "timestamp with zone",
        DataType::Interval => "interval",
        DataType::Uuid => "uuid",
        DataType::Json => "json",
        DataType::Bits { length: Some(length) } => return format!("bits({length})"),
        DataType::Bits { length: None } => "bits",
        DataType::Geometry => "geometry",
        _ => "other",
    };
    name.to_owned()
}

/// Whether a column of numbers would turn this text into one.
pub(crate) fn reads_as_number(text: &str) -> bool {
    // Rust reads a superset of what SQLite reads, but for the words `inf` and `nan`, which have no digits.
    let trimmed = || text.trim_matches(|character| matches!(character, ' ' | '\t'..='\r'));
    text.bytes().any(|byte| byte.is_ascii_digit()) && trimmed().parse::<f64>().is_ok()
}

/// Whether a column of floating-point numbers can hold this integer.
#[inline]
pub(crate) fn is_exact_real(integer: i64) -> bool {
    const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
    integer.unsigned_abs() <= EXACT || i128::from(integer) == (integer as f64) as i128
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a REAL column makes of a text: whether it is a text still, and the same.
    fn is_kept(text: &str) -> bool {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t(r REAL, i INTEGER)").unwrap();
        conn.execute("INSERT INTO t VALUES (?1, ?1)", [text]).unwrap();
        conn.query_row("SELECT typeof(r) = 'text' AND typeof(i) = 'text' AND r = ?1 AND i = ?1 FROM t", [text], |row| {
            row.get(0)
        })
        .unwrap()
    }

    #[test]
    fn the_odd_values_of_the_servers_are_kept() {
        for text in
            ["NaN", "Infinity", "-Infinity", "infinity", "inf", "", " ", "abc", "1a", "0x10", "1_000", "1e", "."]
        {
            assert!(!reads_as_number(text), "{text:?}");
            assert!(is_kept(text), "{text:?}");
        }
    }

    #[test]
    fn texts_of_numbers_are_found() {
        for text in ["1e5", "1", " 1 ", "+1.", ".5", "-0", "00012", "9223372036854775808", "\u{b}1\u{c}"] {
            assert!(reads_as_number(text), "{text:?}");
            assert!(!is_kept(text), "{text:?}");
        }
    }

    #[test]
    fn integers_beyond_a_double_are_found() {
        let edge = 1_i64 << 53;
        assert!([0, 1, -1, edge, -edge, edge + 2, i64::MIN].into_iter().all(is_exact_real));
        assert!(![edge + 1, -edge - 1, i64::MAX].into_iter().any(is_exact_real));
    }

    proptest! {
        #[test]
        fn a_text_that_is_let_through_is_kept(text in "[ \t\n\u{b}\u{c}]{0,2}[-+]?[0-9]{0,3}[.]?[0-9]{0,2}([eE][-+]?[0-9]{0,2})?[ xn_]{0,2}") {
            prop_assert!(reads_as_number(&text) || is_kept(&text), "{:?}", text);
        }
    }
}
