//! What a native type means, how its columns are selected, and how they compare. Pure and total: every type has an answer.

use sync_core::DataType;

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
        DataType::Other
    }
}
