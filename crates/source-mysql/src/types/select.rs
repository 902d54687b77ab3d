//! The one place that chooses, for each type, what is selected and how its values are read.

use sync_core::plan::ReadAs;

use super::NativeType;
use crate::decode::{Decoder, Number};
use crate::sql;

/// How a column is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The expression to select.
    pub(crate) expression: String,
    /// How its values are read.
    pub(crate) decoder: Decoder,
}

/// How to read a column called `name`.
pub(crate) fn field(native: &NativeType, name: &str) -> Field {
    let column = sql::column(name);
    match decoder(native) {
        Some(decoder) => Field { expression: column, decoder },
        None => Field { expression: as_text(&column), decoder: Decoder::Text },
    }
}

/// How to read a column called `name` in a form that somebody chose.
///
/// A number is read here in that form, so that one that does not fit it fails its row and not the statement.
pub(crate) fn field_as(native: &NativeType, name: &str, form: ReadAs) -> Field {
    let own = field(native, name);
    match (form, Number::of(own.decoder)) {
        (ReadAs::Integer, Some(number)) => Field { decoder: Decoder::AsInteger(number), ..own },
        (ReadAs::Real, Some(number)) => Field { decoder: Decoder::AsReal(number), ..own },
        _ => field_as_text(native, name, own),
    }
}

fn field_as_text(native: &NativeType, name: &str, own: Field) -> Field {
    let column = sql::column(name);
    match own.decoder {
        // The server's own text has six digits of a FLOAT, and 22 characters of a DOUBLE, which can be one too few.
        Decoder::Float | Decoder::Double => Field { decoder: Decoder::Digits, ..own },
        Decoder::Bits { length, .. } => {
            Field { decoder: Decoder::Bits { length, form: sync_core::ValueKind::Text }, ..own }
        }
        // As UTF-8, which fails the rows where it is none; a CAST would do so to the statement.
        Decoder::Bytes => Field { decoder: Decoder::Text, ..own },
        Decoder::Geometry => Field { expression: format!("ST_AsText({column})"), decoder: Decoder::Text },
        // It is text, and all of it.
        Decoder::Decimal(_) => Field { decoder: Decoder::Decimal(sync_core::ValueKind::Text), ..own },
        Decoder::Text | Decoder::Vector => own,
        _ if native.json => own,
        _ => Field { expression: as_text(&column), decoder: Decoder::Text },
    }
}

/// How the values of a type come that the protocol has a form for, or that come as the server's text by themselves.
fn decoder(native: &NativeType) -> Option<Decoder> {
    let form = native.data_type().value_kind();
    Some(match native.name.as_str() {
        "bigint" if native.unsigned => Decoder::Unsigned,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Decoder::Integer,
        "float" => Decoder::Float,
        "double" => Decoder::Double,
        "decimal" => Decoder::Decimal(form),
        "bit" => Decoder::Bits { length: native.bits(), form },
        "enum" | "set" | "json" | "uuid" | "inet4" | "inet6" => Decoder::Text,
        _ if native.is_collated() => Decoder::Text,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Decoder::Bytes,
        "date" => Decoder::Date,
        "time" => Decoder::Time { fraction: native.fraction.unwrap_or(0) },
        "datetime" => Decoder::Timestamp { utc: false },
        "timestamp" => Decoder::Timestamp { utc: true },
        "vector" => Decoder::Vector,
        _ if native.is_geometry() => Decoder::Geometry,
        _ => return None,
    })
}

/// The server's own text.
pub(super) fn as_text(expression: &str) -> String {
    format!("CAST({expression} AS CHAR)")
}

#[cfg(test)]
mod tests {
    use sync_core::ValueKind;

    use super::super::named;
    use super::*;

    #[test]
    fn plain_columns_are_quoted_and_nothing_else() {
        let native = NativeType { precision: Some(12), scale: Some(2), ..named("decimal") };
        let expected =
            Field { expression: "data_sync_row.`order`".to_owned(), decoder: Decoder::Decimal(ValueKind::Real) };
        assert_eq!(field(&native, "order"), expected);
    }

    #[test]
    fn unknown_types_come_as_the_servers_text() {
        let expected = Field { expression: "CAST(data_sync_row.`a` AS CHAR)".to_owned(), decoder: Decoder::Text };
        assert_eq!(field(&named("brand_new"), "a"), expected);
        assert_eq!(field_as(&named("int"), "a", ReadAs::Text), expected);
    }

    #[test]
    fn chosen_forms_lose_nothing() {
        let decoder = |name: &str, form| field_as(&named(name), "a", form).decoder;
        assert_eq!(decoder("float", ReadAs::Text), Decoder::Digits);
        assert_eq!(decoder("blob", ReadAs::Text), Decoder::Text);
        assert_eq!(decoder("bit", ReadAs::Text), Decoder::Bits { length: 1, form: ValueKind::Text });
        assert_eq!(decoder("decimal", ReadAs::Text), Decoder::Decimal(ValueKind::Text));
        assert_eq!(decoder("double", ReadAs::Integer), Decoder::AsInteger(Number::Double));
        assert_eq!(decoder("year", ReadAs::Real), Decoder::AsReal(Number::Integer));
    }
}
