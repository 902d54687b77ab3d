//! What a native type means, how its columns are selected, and how they compare. Pure and total: every type has an answer.

mod compare;
mod labels;
mod select;

use sync_core::DataType;

pub(crate) use compare::{Comparison, bytewise, comparison};
pub(crate) use select::{field, field_as};

/// A column's type as the catalog describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NativeType {
    /// `DATA_TYPE`, in lower case: `int`, `varchar`, `geometry`, `point`.
    pub(crate) name: String,
    /// Whether numbers have no sign.
    pub(crate) unsigned: bool,
    /// Digits of a decimal number; bits of a BIT.
    pub(crate) precision: Option<u16>,
    /// Digits behind the point.
    pub(crate) scale: Option<u16>,
    /// Characters of a text, or bytes, at most.
    pub(crate) length: Option<u64>,
    /// Digits of a second's fraction.
    pub(crate) fraction: Option<u8>,
    /// Of texts.
    pub(crate) charset: Option<String>,
    /// Of texts.
    pub(crate) collation: Option<String>,
    /// To which reference system a geometry is bound.
    pub(crate) srid: Option<u32>,
    /// Labels of an ENUM or a SET as the server shows them, `'a','b'`.
    pub(crate) labels: Option<String>,
    /// Whether it holds JSON: MariaDB has a text with a check instead of a type.
    pub(crate) json: bool,
}

impl NativeType {
    /// What a column of this type holds.
    pub(crate) fn data_type(&self) -> DataType {
        if self.json {
            return DataType::Json;
        }
        match self.name.as_str() {
            "bigint" if self.unsigned => DataType::UnsignedInteger,
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => DataType::Integer,
            "float" | "double" => DataType::Real,
            "decimal" => self.decimal(),
            "bit" => DataType::Bits { length: Some(u32::from(self.bits())) },
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" => DataType::Text,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => DataType::Bytes,
            "date" => DataType::Date,
            "time" => DataType::Time,
            "datetime" => DataType::Timestamp,
            "timestamp" => DataType::TimestampTz,
            "json" | "vector" => DataType::Json,
            "uuid" => DataType::Uuid,
            _ if self.is_geometry() => DataType::Geometry,
            _ => DataType::Other,
        }
    }

    /// Whether it is text that a collation orders, and no list of labels.
    pub(crate) fn is_collated(&self) -> bool {
        matches!(self.name.as_str(), "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext")
    }

    pub(crate) fn is_geometry(&self) -> bool {
        matches!(
            self.name.as_str(),
            "geometry"
                | "point"
                | "linestring"
                | "polygon"
                | "multipoint"
                | "multilinestring"
                | "multipolygon"
                | "geomcollection"
                | "geometrycollection"
        )
    }

    /// Bits of a BIT, which has at least one.
    pub(crate) fn bits(&self) -> u16 {
        self.precision.unwrap_or(1)
    }

    fn decimal(&self) -> DataType {
        match (self.precision, self.scale.map(i16::try_from)) {
            (Some(precision), Some(Ok(scale))) => DataType::Decimal { precision, scale },
            _ => DataType::Number,
        }
    }
}

#[cfg(test)]
pub(crate) fn named(name: &str) -> NativeType {
    NativeType { name: name.to_owned(), ..NativeType::default() }
}

#[cfg(test)]
mod tests {
    use sync_core::ValueKind;

    use super::*;

    #[test]
    fn only_the_greatest_unsigned_numbers_come_as_digits() {
        let unsigned = |name| NativeType { unsigned: true, ..named(name) }.data_type();
        assert_eq!(unsigned("int"), DataType::Integer);
        assert_eq!(unsigned("bigint"), DataType::UnsignedInteger);
        assert_eq!(named("bigint").data_type(), DataType::Integer);
    }

    #[test]
    fn decimals_and_bits_read_their_precision() {
        let of = |name, precision, scale| {
            NativeType { precision: Some(precision), scale: Some(scale), ..named(name) }.data_type()
        };
        assert_eq!(of("decimal", 65, 30), DataType::Decimal { precision: 65, scale: 30 });
        assert_eq!(of("bit", 63, 0).value_kind(), ValueKind::Integer);
        assert_eq!(of("bit", 64, 0).value_kind(), ValueKind::Text);
        assert_eq!(named("decimal").data_type(), DataType::Number);
    }

    #[test]
    fn a_text_that_must_be_json_is_json() {
        assert_eq!(NativeType { json: true, ..named("longtext") }.data_type(), DataType::Json);
        assert_eq!(named("json").data_type(), DataType::Json);
        assert_eq!(named("longtext").data_type(), DataType::Text);
    }

    #[test]
    fn geometries_of_all_kinds_are_one_type_and_the_unknown_is_text() {
        for name in ["geometry", "point", "geomcollection", "geometrycollection", "multipolygon"] {
            assert_eq!(named(name).data_type(), DataType::Geometry, "{name}");
        }
        assert_eq!(named("inet6").data_type(), DataType::Other);
        assert_eq!(named("brand_new").data_type(), DataType::Other);
    }
}
