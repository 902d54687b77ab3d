//! The few expressions of indexes that mean the same in a replica. Others are none of ours.

use std::collections::HashMap;

use sync_core::{IndexComparison, IndexCondition, IndexLiteral, IndexTerm};

use super::tree::Node;

/// What the numbers in an expression stand for.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Columns, by their place in the table.
    pub(super) columns: HashMap<u32, String>,
    /// The system's own operators.
    pub(super) operators: HashMap<u32, String>,
    /// Labels of enumerations.
    pub(super) labels: HashMap<u32, String>,
}

/// Types by their numbers, which no release changes.
mod number {
    pub(super) const BOOL: u32 = 16;
    pub(super) const INT8: u32 = 20;
    pub(super) const INT2: u32 = 21;
    pub(super) const INT4: u32 = 23;
    pub(super) const TEXT: u32 = 25;
    pub(super) const VARCHAR: u32 = 1043;
    /// Functions of a text.
    pub(super) const LOWER: u32 = 870;
    pub(super) const UPPER: u32 = 871;
    /// What somebody made has greater numbers.
    pub(super) const LAST_OF_THE_SYSTEM: u32 = 16383;
}

/// What can be compared with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    Text,
    /// An enumeration, by its number.
    Label(u32),
}

impl Names {
    /// What an index orders rows by, in place of a column.
    pub(super) fn term(&self, node: &Node<'_>) -> Option<IndexTerm> {
        let [argument] = node.is("FUNCEXPR").then(|| node.list("args"))? else { return None };
        let (column, Kind::Text) = self.compared(argument)? else { return None };
        match node.number("funcid")? {
            number::LOWER => Some(IndexTerm::Lower(column)),
            number::UPPER => Some(IndexTerm::Upper(column)),
            _ => None,
        }
    }

    /// What rows of a partial index have in common.
    pub(super) fn conditions(&self, node: &Node<'_>) -> Option<Vec<IndexCondition>> {
        if node.is("BOOLEXPR") && node.word("boolop") == Some("and") {
            let all: Option<Vec<_>> = node.list("args").iter().map(|node| self.conditions(node)).collect();
            return Some(all?.into_iter().flatten().collect());
        }
        self.condition(node).map(|condition| vec![condition])
    }

    fn condition(&self, node: &Node<'_>) -> Option<IndexCondition> {
        let Node::Struct(name, _) = node else { return None };
        match *name {
            "VAR" => self.boolean(node).map(IndexCondition::True),
            "BOOLEXPR" if node.word("boolop") == Some("not") => {
                node.list("args").first().and_then(|node| self.boolean(node)).map(IndexCondition::False)
            }
            "BOOLEANTEST" => {
                let column = self.boolean(node.child("arg")?)?;
                match node.number("booltesttype")? {
                    0 => Some(IndexCondition::True(column)),
                    2 => Some(IndexCondition::False(column)),
                    _ => None,
                }
            }
            "NULLTEST" if node.word("argisrow") == Some("false") => {
                let (column, _) = self.column(node.child("arg")?)?;
                match node.number("nulltesttype")? {
                    0 => Some(IndexCondition::Null(column)),
                    _ => Some(IndexCondition::NotNull(column)),
                }
            }
            "OPEXPR" => self.comparison(node),
            "SCALARARRAYOPEXPR" => self.one_of(node),
            _ => None,
        }
    }

    fn comparison(&self, node: &Node<'_>) -> Option<IndexCondition> {
        let [one, other] = node.list("args") else { return None };
        let comparison = comparison(self.operators.get(&node.number("opno")?)?)?;
        let (column, constant, comparison) =
            if other.is("CONST") { (one, other, comparison) } else { (other, one, turned(comparison)) };
        let (column, kind) = self.compared(column)?;
        // The order of an enumeration is not that of its labels, and a text's is that of its collation.
        let by_order = !matches!(comparison, IndexComparison::Equal | IndexComparison::NotEqual);
        if by_order && kind != Kind::Integer {
            return None;
        }
        Some(IndexCondition::Compared(column, comparison, self.literal(constant, kind)?))
    }

    fn one_of(&self, node: &Node<'_>) -> Option<IndexCondition> {
        let [column, array] = node.list("args") else { return None };
        let is_equal = self.operators.get(&node.number("opno")?)? == "=" && node.word("useOr") == Some("true");
        if !is_equal || !array.is("ARRAYEXPR") || array.word("multidims") != Some("false") {
            return None;
        }
        let (column, kind) = self.compared(column)?;
        let literals: Option<Vec<_>> = array.list("elements").iter().map(|node| self.literal(node, kind)).collect();
        literals.filter(|literals| !literals.is_empty()).map(|literals| IndexCondition::OneOf(column, literals))
    }

    /// A column of the table, with the number of its type.
    fn column(&self, node: &Node<'_>) -> Option<(String, u32)> {
        let is_own = node.is("VAR") && node.number("varlevelsup") == Some(0);
        let column = is_own.then(|| self.columns.get(&node.number("varattno")?))??;
        Some((column.clone(), node.number("vartype")?))
    }

    fn boolean(&self, node: &Node<'_>) -> Option<String> {
        self.column(node).filter(|(_, native)| *native == number::BOOL).map(|(column, _)| column)
    }

    /// A column whose values are constants in the replica as they are here. Those of `varchar` are taken for texts.
    fn compared(&self, node: &Node<'_>) -> Option<(String, Kind)> {
        if node.is("RELABELTYPE") && node.number("resulttype") == Some(number::TEXT) {
            let (column, native) = self.column(node.child("arg")?)?;
            return (native == number::VARCHAR).then_some((column, Kind::Text));
        }
        let (column, native) = self.column(node)?;
        let kind = match native {
            number::INT2 | number::INT4 | number::INT8 => Kind::Integer,
            number::TEXT => Kind::Text,
            native if native > number::LAST_OF_THE_SYSTEM => Kind::Label(native),
            _ => return None,
        };
        Some((column, kind))
    }

    fn literal(&self, node: &Node<'_>, kind: Kind) -> Option<IndexLiteral> {
        let is_value = node.is("CONST") && node.word("constisnull") == Some("false");
        let (native, bytes) = is_value.then(|| Some((node.number("consttype")?, node.bytes("constvalue")?)))??;
        match (kind, native) {
            (Kind::Integer, number::INT2 | number::INT4 | number::INT8) => {
                integer(bytes.get(..node.number("constlen")? as usize)?).map(IndexLiteral::Integer)
            }
            (Kind::Text, number::TEXT) => text(bytes).map(IndexLiteral::Text),
            (Kind::Label(wanted), native) if wanted == native => {
                let label = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
                self.labels.get(&label).cloned().map(IndexLiteral::Text)
            }
            _ => None,
        }
    }
}

/// As the server's processor keeps it, least significant byte first. On others a wrong number makes an index that is of no use.
fn integer(bytes: &[u8]) -> Option<i64> {
    Some(match bytes.len() {
        2 => i16::from_le_bytes(bytes.try_into().ok()?).into(),
        4 => i32::from_le_bytes(bytes.try_into().ok()?).into(),
        8 => i64::from_le_bytes(bytes.try_into().ok()?),
        _ => return None,
    })
}

/// A length of four bytes, shifted by two bits, then the text.
fn text(bytes: &[u8]) -> Option<String> {
    let (length, text) = bytes.split_first_chunk::<4>()?;
    let is_plain = u32::from_le_bytes(*length) as usize == bytes.len() << 2;
    is_plain.then(|| str::from_utf8(text).ok())?.map(str::to_owned)
}

fn comparison(operator: &str) -> Option<IndexComparison> {
    Some(match operator {
        "=" => IndexComparison::Equal,
        "<>" => IndexComparison::NotEqual,
        "<" => IndexComparison::Less,
        "<=" => IndexComparison::LessOrEqual,
        ">" => IndexComparison::Greater,
        ">=" => IndexComparison::GreaterOrEqual,
        _ => return None,
    })
}

/// With the constant on the other side.
fn turned(comparison: IndexComparison) -> IndexComparison {
    match comparison {
        IndexComparison::Less => IndexComparison::Greater,
        IndexComparison::LessOrEqual => IndexComparison::GreaterOrEqual,
        IndexComparison::Greater => IndexComparison::Less,
        IndexComparison::GreaterOrEqual => IndexComparison::LessOrEqual,
        same => same,
    }
}
