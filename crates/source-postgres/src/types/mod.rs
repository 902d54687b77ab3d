//! What a native type means, how its columns are selected, and how they compare. Pure and total: every type has an answer.

mod select;

use sync_core::DataType;

pub(crate) use select::{Comparison, as_text, bytewise, comparison, field, field_as, is_there};

/// A type below all domains, as the catalog describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NativeType {
    /// `typname`, without its schema.
    pub(crate) name: String,
    /// Whether it lives in `pg_catalog`: then its name says all about it.
    pub(crate) builtin: bool,
    /// `typtype`: `b`ase, `c`omposite, `e`num, `r`ange, `m`ultirange.
    pub(crate) class: u8,
    /// `typcategory`.
    pub(crate) category: u8,
    /// Whether it is a true array, and not a vector of old.
    pub(crate) array: bool,
    /// The type modifier: length, precision and scale.
    pub(crate) modifier: i32,
    /// How to write it after `::`, without modifier.
    pub(crate) cast: String,
}

impl NativeType {
    /// What a column of this type holds.
    pub(crate) fn data_type(&self) -> DataType {
        match self.class {
            _ if self.array => DataType::Json,
            b'c' => DataType::Json,
            b'e' => DataType::Text,
            b'b' if self.builtin => self.builtin_data_type(),
            b'b' => self.extension_data_type(),
            _ => DataType::Other,
        }
    }

    fn builtin_data_type(&self) -> DataType {
        match self.name.as_str() {
            "bool" => DataType::Boolean,
            "int2" | "int4" | "int8" | "oid" | "xid" | "cid" => DataType::Integer,
            "xid8" => DataType::UnsignedInteger,
            "float4" | "float8" => DataType::Real,
            "numeric" => self.decimal(),
            "money" => DataType::Number,
            "text" | "varchar" | "bpchar" | "name" | "char" | "xml" => DataType::Text,
            "bytea" => DataType::Bytes,
            "date" => DataType::Date,
            "time" => DataType::Time,
            "timetz" => DataType::TimeTz,
            "timestamp" => DataType::Timestamp,
            "timestamptz" => DataType::TimestampTz,
            "interval" => DataType::Interval,
            "uuid" => DataType::Uuid,
            "json" | "jsonb" => DataType::Json,
            "bit" => DataType::Bits { length: u32::try_from(self.modifier).ok() },
            "varbit" => DataType::Bits { length: None },
            _ => DataType::Other,
        }
    }

    fn extension_data_type(&self) -> DataType {
        match (self.name.as_str(), self.category) {
            ("hstore", _) => DataType::Json,
            ("geometry" | "geography", _) => DataType::Geometry,
            (_, b'S') => DataType::Text,
            _ => DataType::Other,
        }
    }

    /// The modifier holds the precision in its upper half and the scale in its lowest 11 bits, signed.
    fn decimal(&self) -> DataType {
        let Some(packed) = self.modifier.checked_sub(4).filter(|packed| *packed >= 0) else { return DataType::Number };
        let precision = u16::try_from(packed >> 16).unwrap_or(u16::MAX);
        let scale = i16::try_from(((packed & 0x7ff) ^ 1024) - 1024).unwrap_or(i16::MAX);
        DataType::Decimal { precision, scale }
    }
}

#[cfg(test)]
pub(crate) fn builtin(name: &str, modifier: i32) -> NativeType {
    let (name, cast) = (name.to_owned(), name.to_owned());
    NativeType { name, builtin: true, class: b'b', category: b'X', array: false, modifier, cast }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_read_their_modifier() {
        let decimal =
            |precision: i32, scale: i32| builtin("numeric", ((precision << 16) | (scale & 0x7ff)) + 4).data_type();
        assert_eq!(decimal(12, 2), DataType::Decimal { precision: 12, scale: 2 });
        assert_eq!(decimal(3, -2), DataType::Decimal { precision: 3, scale: -2 });
        assert_eq!(decimal(1000, 1000), DataType::Decimal { precision: 1000, scale: 1000 });
        assert_eq!(builtin("numeric", -1).data_type(), DataType::Number);
    }

    #[test]
    fn a_type_of_a_known_name_from_elsewhere_is_not_taken_for_it() {
        let own = NativeType { builtin: false, ..builtin("int4", -1) };
        assert_eq!(own.data_type(), DataType::Other);
        assert_eq!(NativeType { category: b'S', ..own }.data_type(), DataType::Text);
    }

    #[test]
    fn bits_have_a_length_unless_they_vary() {
        assert_eq!(builtin("bit", 8).data_type(), DataType::Bits { length: Some(8) });
        assert_eq!(builtin("varbit", 8).data_type(), DataType::Bits { length: None });
    }
}
