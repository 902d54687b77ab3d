//! The one place that chooses, for each type, what is selected and how its bytes are read.

use sync_core::DataType;
use sync_core::plan::ReadAs;

use super::NativeType;
use crate::decode::{Decoder, Number};
use crate::sql;

/// How a column is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The expression to select.
    pub(crate) expression: String,
    /// How its binary form is read.
    pub(crate) decoder: Decoder,
    /// Whether the decoder's text, cast to the type, is the value again.
    pub(crate) castable: bool,
    /// Whether the server's settings shape what it sends, so that they must be set before.
    pub(crate) styled: bool,
}

/// How a column is ordered and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// The expression to order by.
    pub(crate) expression: String,
    /// The type to cast a bound text to.
    pub(crate) cast: String,
}

/// How to read a column called `name`.
pub(crate) fn field(native: &NativeType, name: &str) -> Field {
    let column = sql::column(name);
    let kind = native.data_type().value_kind();
    let plain = |decoder| Field { expression: column.clone(), decoder, castable: true, styled: false };
    let text = |expression: String, castable| Field { expression, decoder: Decoder::Text, castable, styled: true };
    let server_text = || text(as_text(&column), true);
    match native.class {
        // Not `to_jsonb`: this keeps a `json` inside byte for byte, and never refuses one.
        _ if native.array => return text(format!("pg_catalog.to_json({column})::text"), false),
        b'c' => return text(format!("pg_catalog.to_json({column})::text"), false),
        b'e' => return Field { styled: false, ..text(format!("{column}::text"), true) },
        b'b' if native.builtin => {}
        b'b' => return extension_field(native, &column),
        _ => return server_text(),
    }
    match native.name.as_str() {
        "bool" => plain(Decoder::Bool),
        "int2" => plain(Decoder::Int2),
        "int4" => plain(Decoder::Int4),
        "int8" => plain(Decoder::Int8),
        "oid" | "xid" | "cid" => plain(Decoder::Uint4),
        "float4" => plain(Decoder::Float4),
        "float8" => plain(Decoder::Float8),
        "numeric" => plain(Decoder::Numeric(kind)),
        // Its own text follows a locale.
        "money" => Field {
            expression: format!("{column}::pg_catalog.numeric"),
            decoder: Decoder::Numeric(kind),
            castable: false,
            styled: false,
        },
        "text" | "varchar" | "bpchar" | "name" | "json" => plain(Decoder::Text),
        "jsonb" => plain(Decoder::Jsonb),
        "bytea" => plain(Decoder::Bytes),
        "date" => plain(Decoder::Date),
        "time" => plain(Decoder::Time),
        "timetz" => plain(Decoder::TimeTz),
        "timestamp" => plain(Decoder::Timestamp),
        "timestamptz" => plain(Decoder::TimestampTz),
        "interval" => plain(Decoder::Interval),
        "uuid" => plain(Decoder::Uuid),
        "bit" | "varbit" => plain(Decoder::Bits(kind)),
        _ => server_text(),
    }
}

/// How to read a column called `name` in a form that somebody chose.
///
/// A number is read here in that form, so that one that does not fit it fails its row and not the statement.
pub(crate) fn field_as(native: &NativeType, name: &str, form: ReadAs) -> Field {
    let own = field(native, name);
    let column = sql::column(name);
    let (own, number) = match Number::of(own.decoder) {
        None if native.data_type() == DataType::UnsignedInteger => {
            let expression = format!("({})::pg_catalog.numeric", as_text(&column));
            (Field { expression, ..own }, Some(Number::Numeric))
        }
        number => (own, number),
    };
    match (form, number) {
        (ReadAs::Integer, Some(number)) => Field { decoder: Decoder::AsInteger(number), ..own },
        (ReadAs::Real, Some(number)) => Field { decoder: Decoder::AsReal(number), ..own },
        // The server's text of it follows a locale.
        _ if native.builtin && native.name == "money" => own,
        _ => Field { expression: as_text(&column), decoder: Decoder::Text, castable: false, styled: true },
    }
}

fn extension_field(native: &NativeType, column: &str) -> Field {
    let (expression, decoder, castable) = match native.name.as_str() {
        "hstore" => (format!("pg_catalog.to_json({column})::text"), Decoder::Text, false),
        // The text of these is well-known binary in hexadecimal digits.
        "geometry" | "geography" => (format!("pg_catalog.decode({}, 'hex')", as_text(column)), Decoder::Bytes, false),
        _ => (as_text(column), Decoder::Text, true),
    };
    Field { expression, decoder, castable, styled: true }
}

/// The server's own output. `::text` is not that for every type: it adds a mask to an `inet`, and takes blanks from a `char`.
pub(crate) fn as_text(column: &str) -> String {
    format!("CASE WHEN {} THEN pg_catalog.format('%s', {column}) END", is_there(column))
}

/// Whether there is a value at all. Of a composite, `IS NOT NULL` asks whether all of its parts are there; of anything else it is the same.
pub(crate) fn is_there(expression: &str) -> String {
    format!("{expression} IS DISTINCT FROM NULL")
}

/// How to order by a column called `name`, and compare with it.
///
/// The operators of an extension's type live in the extension's schema, where an operator written plainly is not looked for: one of
/// `text` would be taken instead, while ORDER BY goes by the type. So these compare as texts, and agree with themselves.
pub(crate) fn comparison(native: &NativeType, name: &str) -> Comparison {
    let column = sql::column(name);
    if native.builtin || native.array || native.class != b'b' {
        return Comparison { expression: column, cast: native.cast.clone() };
    }
    Comparison { expression: format!("({}) COLLATE pg_catalog.\"C\"", as_text(&column)), cast: "text".to_owned() }
}

/// How to order by a column called `name` as its cells are: numbers by their value, texts and bytes byte by byte. `is_bytewise` says
/// that its own collation does so, and then an index of it will do.
pub(crate) fn bytewise(native: &NativeType, name: &str, is_bytewise: bool) -> String {
    let column = sql::column(name);
    let own = matches!(native.name.as_str(), "text" | "varchar") && native.builtin && native.class == b'b';
    match native.data_type() {
        DataType::Text if own && is_bytewise => column,
        DataType::Text if own => format!("{column} COLLATE pg_catalog.\"C\""),
        DataType::Text => format!("({}) COLLATE pg_catalog.\"C\"", as_text(&column)),
        _ => column,
    }
}

#[cfg(test)]
mod tests {
    use sync_core::ValueKind;

    use super::super::builtin;
    use super::*;

    #[test]
    fn plain_columns_are_quoted_and_nothing_else() {
        let field = field(&builtin("numeric", ((12 << 16) | 2) + 4), "order");
        let expected = Field {
            expression: "data_sync_row.\"order\"".to_owned(),
            decoder: Decoder::Numeric(ValueKind::Real),
            castable: true,
            styled: false,
        };
        assert_eq!(field, expected);
    }

    #[test]
    fn unknown_types_come_as_the_servers_text() {
        let expected =
            r#"CASE WHEN data_sync_row."a" IS DISTINCT FROM NULL THEN pg_catalog.format('%s', data_sync_row."a") END"#;
        for native in [builtin("inet", -1), NativeType { builtin: false, ..builtin("semver", -1) }] {
            assert_eq!(field(&native, "a").expression, expected);
        }
    }

    #[test]
    fn types_of_extensions_compare_as_text() {
        let citext = NativeType { builtin: false, category: b'S', ..builtin("citext", -1) };
        let comparison = comparison(&citext, "a");
        assert!(comparison.expression.ends_with("COLLATE pg_catalog.\"C\""), "{comparison:?}");
        assert_eq!(comparison.cast, "text");
    }
}
