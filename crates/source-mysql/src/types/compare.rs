//! The one place that chooses how the columns of a type are ordered and compared, and how a value is bound to be compared with them.

use mysql_async::Value;
use sync_core::decode::Malformed;

use super::NativeType;
use super::labels::{labels, number_of_enum, number_of_set};
use super::select::as_text;
use crate::decode::decimal;
use crate::sql;

/// How a column is ordered and compared: `{expression} > {parameter}`, `ORDER BY {expression}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// The expression to order by.
    pub(crate) expression: String,
    /// What stands for the other side, with one `?` in it.
    pub(crate) parameter: String,
    bound: Bound,
}

/// What is bound to the `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bound {
    /// A whole number with or without a sign. Bound as a text, the server would compare it as a double.
    Whole,
    Real,
    /// Digits, of which so many are behind the point.
    Decimal {
        scale: usize,
    },
    Bits,
    Text,
    /// A text that is a moment: it ends with a `Z`, which the server does not know.
    Moment,
    /// A label of an ENUM, as its number.
    Label(Vec<String>),
    /// Labels of a SET, as their number.
    Labels(Vec<String>),
    /// Bytes, as hexadecimal digits.
    Hex,
    /// Nothing: no index orders such a column, and no key has one.
    Never,
}

impl Comparison {
    /// The value to bind for a text of [`Decoder::write`](crate::decode::Decoder::write).
    pub(crate) fn bind(&self, text: &str) -> Result<Value, Malformed> {
        let refused = || Malformed::misfit(text, "a value of its column");
        Ok(match &self.bound {
            Bound::Whole => {
                let signed = text.parse().ok().map(Value::Int);
                signed.or_else(|| text.parse().ok().map(Value::UInt)).ok_or_else(refused)?
            }
            Bound::Real => Value::Double(text.parse().map_err(|_| refused())?),
            Bound::Bits => Value::UInt(u64::from_str_radix(text, 2).map_err(|_| refused())?),
            Bound::Moment => Value::from(text.strip_suffix('Z').unwrap_or(text)),
            Bound::Label(labels) => Value::UInt(number_of_enum(labels, text).ok_or_else(refused)?),
            Bound::Labels(labels) => Value::UInt(number_of_set(labels, text).ok_or_else(refused)?),
            Bound::Decimal { .. } => Value::from(decimal::digits(text.as_bytes())?),
            Bound::Text | Bound::Hex => Value::from(text),
            Bound::Never => return Err(refused()),
        })
    }

    /// The value to bind for a cell in the column's own form.
    pub(crate) fn bind_cell(&self, cell: sync_core::Value<'_>) -> Result<Value, Malformed> {
        use sync_core::Value as Cell;
        Ok(match (cell, &self.bound) {
            (Cell::Null, _) => Value::NULL,
            (Cell::Integer(number), Bound::Bits) => Value::UInt(number.cast_unsigned()),
            (Cell::Integer(number), Bound::Decimal { .. }) => Value::from(number.to_string()),
            (Cell::Integer(number), Bound::Whole) => Value::Int(number),
            // Of at most 15 digits, so these are those of the column.
            (Cell::Real(number), Bound::Decimal { scale }) => Value::from(format!("{number:.scale$}")),
            (Cell::Real(number), Bound::Real) => Value::Double(number),
            (Cell::Text(text), _) => self.bind(text)?,
            (Cell::Bytes(bytes), Bound::Hex) => {
                Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            }
            _ => return Err(Malformed("the cell is of another kind than its column".to_owned())),
        })
    }
}

/// How to order by a column called `name`, and compare with it: as the server's indexes do.
///
/// Texts are compared under the column's own collation, for which different texts can be equal. A key that the server enforces has no
/// two of them, so with it the order is total.
pub(crate) fn comparison(native: &NativeType, name: &str) -> Comparison {
    let column = sql::column(name);
    let plain = |bound| Comparison { expression: column.clone(), parameter: "?".to_owned(), bound };
    let labels = || labels(native.labels.as_deref().unwrap_or_default());
    match native.name.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => plain(Bound::Whole),
        "float" | "double" => plain(Bound::Real),
        "decimal" => {
            let (precision, scale) = (native.precision.unwrap_or(65), native.scale.unwrap_or(30));
            let parameter = format!("CAST(? AS DECIMAL({precision},{scale}))");
            Comparison { parameter, ..plain(Bound::Decimal { scale: usize::from(scale) }) }
        }
        "bit" => plain(Bound::Bits),
        "enum" => plain(Bound::Label(labels())),
        "set" => plain(Bound::Labels(labels())),
        "date" | "time" | "datetime" | "uuid" | "inet4" | "inet6" => plain(Bound::Text),
        "timestamp" => plain(Bound::Moment),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            Comparison { parameter: "UNHEX(?)".to_owned(), ..plain(Bound::Hex) }
        }
        _ if native.is_collated() => plain(Bound::Text),
        // After the four bytes that name the reference system.
        _ if native.is_geometry() => {
            Comparison { expression: format!("LOWER(SUBSTRING(HEX({column}), 9))"), ..plain(Bound::Hex) }
        }
        "vector" => plain(Bound::Never),
        _ => bytes_of_text(&as_text(&column)),
    }
}

/// How to order by a column called `name` as its cells are: numbers by their value, texts and bytes byte by byte. `is_bytewise` says
/// that its own collation does so, and then an index of it will do.
pub(crate) fn bytewise(native: &NativeType, name: &str, is_bytewise: bool) -> Comparison {
    let column = sql::column(name);
    match native.name.as_str() {
        _ if native.is_collated() && is_bytewise => comparison(native, name),
        "enum" | "set" => bytes_of_text(&column),
        _ if native.is_collated() => bytes_of_text(&column),
        // A UUID is ordered by its parts, the last one first.
        "uuid" | "inet4" | "inet6" => bytes_of_text(&as_text(&column)),
        _ => comparison(native, name),
    }
}

/// Texts as the bytes of their UTF-8. Even a binary collation is no order of these: most take blanks at the end for nothing.
fn bytes_of_text(text: &str) -> Comparison {
    Comparison {
        expression: format!("CAST(CONVERT({text} USING utf8mb4) AS BINARY)"),
        parameter: "CAST(? AS BINARY)".to_owned(),
        bound: Bound::Text,
    }
}

#[cfg(test)]
mod tests {
    use sync_core::Value as Cell;

    use super::super::named;
    use super::*;

    fn of(name: &str) -> Comparison {
        comparison(&named(name), "a")
    }

    #[test]
    fn numbers_are_bound_as_numbers() {
        assert_eq!(of("bigint").bind("-9223372036854775808"), Ok(Value::Int(i64::MIN)));
        assert_eq!(of("bigint").bind("18446744073709551615"), Ok(Value::UInt(u64::MAX)));
        assert_eq!(of("float").bind("1.0000000149011612e-1"), Ok(Value::Double(f64::from(0.1_f32))));
        assert_eq!(of("bit").bind("101"), Ok(Value::UInt(5)));
        assert_eq!(of("bigint").bind("1e3").unwrap_err().0, "1e3 is not a value of its column");
        for name in ["double", "bit", "year"] {
            assert!(of(name).bind("x").is_err(), "{name}");
        }
    }

    #[test]
    fn decimals_have_the_columns_own_digits() {
        let native = NativeType { precision: Some(15), scale: Some(4), ..named("decimal") };
        let compared = comparison(&native, "a");
        assert_eq!(compared.parameter, "CAST(? AS DECIMAL(15,4))");
        assert_eq!(compared.bind("1.5000"), Ok(Value::from("1.5000")));
        assert_eq!(compared.bind("2024-01-01").unwrap_err().0, "2024-01-01 is not a decimal number");
        assert_eq!(compared.bind_cell(Cell::Real(0.1)), Ok(Value::from("0.1000")));
        assert_eq!(compared.bind_cell(Cell::Integer(-7)), Ok(Value::from("-7")));
    }

    #[test]
    fn labels_are_bound_as_their_numbers() {
        let native = |name| NativeType { labels: Some("'a','b','c'".to_owned()), ..named(name) };
        let (one, many) = (comparison(&native("enum"), "a"), comparison(&native("set"), "a"));
        assert_eq!(one.bind("b"), Ok(Value::UInt(2)));
        assert_eq!(many.bind("a,c"), Ok(Value::UInt(5)));
        assert!(one.bind("d").is_err() && many.bind("a,d").is_err());
    }

    #[test]
    fn moments_lose_their_zone_and_bytes_are_digits() {
        let moment = of("timestamp").bind("2024-01-01 00:00:00.000001Z");
        assert_eq!(moment, Ok(Value::from("2024-01-01 00:00:00.000001")));
        assert_eq!(of("varbinary").bind_cell(Cell::Bytes(&[0, 0xff])), Ok(Value::from("00ff")));
        assert_eq!(of("varbinary").parameter, "UNHEX(?)");
    }

    #[test]
    fn a_cell_of_another_kind_is_refused() {
        assert_eq!(of("int").bind_cell(Cell::Null), Ok(Value::NULL));
        let error = of("int").bind_cell(Cell::Bytes(b"1")).unwrap_err();
        assert_eq!(error.0, "the cell is of another kind than its column");
        assert!(of("date").bind_cell(Cell::Integer(1)).is_err());
        assert!(of("vector").bind("[1]").is_err());
    }

    #[test]
    fn texts_are_ordered_by_their_bytes_where_their_collation_does_not() {
        let expression = "CAST(CONVERT(data_sync_row.`a` USING utf8mb4) AS BINARY)";
        assert_eq!(bytewise(&named("char"), "a", false).expression, expression);
        assert_eq!(bytewise(&named("char"), "a", true).expression, "data_sync_row.`a`");
        assert_eq!(bytewise(&named("set"), "a", false).expression, expression);
        assert_eq!(of("json").expression, "CAST(CONVERT(CAST(data_sync_row.`a` AS CHAR) USING utf8mb4) AS BINARY)");
    }
}
