//! [`Index`]: what makes reading a table quicker. It says nothing about the rows, so a replica may do without.
//!
//! Only what means the same everywhere can be said; any other index is a [`LeftOutIndex`].

/// An index of the source.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name at the source.
    pub name: String,
    /// What it orders rows by, the first first; at least one.
    pub parts: Vec<IndexPart>,
    /// What the rows that stand in it have in common: each of these. Empty for an index of all rows.
    pub conditions: Vec<IndexCondition>,
}

/// What an [`Index`] orders rows by.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPart {
    /// The value.
    pub term: IndexTerm,
    /// Whether the greatest value comes first.
    pub descending: bool,
}

/// A value that is had of a row.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexTerm {
    /// That of a column.
    Column(String),
    /// The text of a column in lower case, as the replica's own function has it.
    Lower(String),
    /// The same in upper case.
    Upper(String),
}

/// What rows have in common. It is true of a row, false, or neither where it asks about a NULL; then the row is left out.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexCondition {
    /// The column, a boolean, is true.
    True(String),
    /// The column, a boolean, is false.
    False(String),
    /// The column is NULL.
    Null(String),
    /// The column is not NULL.
    NotNull(String),
    /// The column compares so with a constant.
    Compared(String, IndexComparison, IndexLiteral),
    /// The column is equal to one of these constants.
    OneOf(String, Vec<IndexLiteral>),
}

/// How a column stands to a constant.
#[expect(missing_docs, reason = "the names say all")]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexComparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A constant in a condition.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexLiteral {
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
}

/// An index of the source that a replica can't have.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutIndex {
    /// Its name at the source.
    pub name: String,
    /// Why, as half a sentence.
    pub reason: String,
}

impl Index {
    /// An index of all rows on these columns, in ascending order.
    #[must_use]
    pub fn new<N: Into<String>>(name: impl Into<String>, columns: impl IntoIterator<Item = N>) -> Self {
        let parts = columns.into_iter().map(|column| IndexPart::new(IndexTerm::Column(column.into())));
        Self { name: name.into(), parts: parts.collect(), conditions: Vec::new() }
    }

    /// An index of all rows by these values.
    #[must_use]
    pub fn by(name: impl Into<String>, parts: impl IntoIterator<Item = IndexPart>) -> Self {
        Self { name: name.into(), parts: parts.into_iter().collect(), conditions: Vec::new() }
    }

    /// Leaves out rows that do not meet each of these conditions, too.
    #[must_use]
    pub fn only(mut self, conditions: impl IntoIterator<Item = IndexCondition>) -> Self {
        self.conditions.extend(conditions);
        self
    }

    /// The columns that it depends on; one may stand twice.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().map(|part| part.term.column());
        parts.chain(self.conditions.iter().map(IndexCondition::column))
    }

    /// Whether all rows stand in it, and are ordered by this column first.
    #[must_use]
    pub fn begins_with(&self, column: &str) -> bool {
        let first = self.parts.first().map(|part| &part.term);
        self.conditions.is_empty() && matches!(first, Some(IndexTerm::Column(name)) if name == column)
    }

    /// Whether the other one orders the same rows by the same values, maybe from the other end.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let turned = |turn: bool| {
            let own = self.parts.iter().map(|part| (&part.term, part.descending != turn));
            own.eq(other.parts.iter().map(|part| (&part.term, part.descending)))
        };
        self.conditions == other.conditions && (turned(false) || turned(true))
    }

    /// Whether its constants can stand in a statement.
    pub(crate) fn is_sayable(&self) -> bool {
        let is_sayable = |literal: &IndexLiteral| !matches!(literal, IndexLiteral::Text(text) if text.contains('\0'));
        self.conditions.iter().all(|condition| match condition {
            IndexCondition::Compared(_, _, literal) => is_sayable(literal),
            IndexCondition::OneOf(_, literals) => !literals.is_empty() && literals.iter().all(is_sayable),
            _ => true,
        })
    }

    /// The same index on columns of other names; `None` where one of them has none.
    pub(crate) fn renamed(&self, name: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let mut renamed = self.clone();
        for part in &mut renamed.parts {
            let column = part.term.column_mut();
            *column = name(column)?;
        }
        for condition in &mut renamed.conditions {
            let column = condition.column_mut();
            *column = name(column)?;
        }
        Some(renamed)
    }
}

impl IndexPart {
    /// A value in ascending order.
    #[must_use]
    pub fn new(term: IndexTerm) -> Self {
        Self { term, descending: false }
    }

    /// Puts the greatest value first, if it is to be so.
    #[must_use]
    pub fn descending(mut self, descending: bool) -> Self {
        self.descending = descending;
        self
    }
}

impl IndexTerm {
    /// The column that it is had of.
    #[must_use]
    pub fn column(&self) -> &str {
        let (Self::Column(column) | Self::Lower(column) | Self::Upper(column)) = self;
        column
    }

    fn column_mut(&mut self) -> &mut String {
        let (Self::Column(column) | Self::Lower(column) | Self::Upper(column)) = self;
        column
    }
}

impl IndexCondition {
    /// The column that it is about.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Self::True(column) | Self::False(column) | Self::Null(column) | Self::NotNull(column) => column,
            Self::Compared(column, ..) | Self::OneOf(column, _) => column,
        }
    }

    fn column_mut(&mut self) -> &mut String {
        match self {
            Self::True(column) | Self::False(column) | Self::Null(column) | Self::NotNull(column) => column,
            Self::Compared(column, ..) | Self::OneOf(column, _) => column,
        }
    }
}

impl LeftOutIndex {
    /// An index and the reason.
    #[must_use]
    pub fn new(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { name: name.into(), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(column: &str, descending: bool) -> IndexPart {
        IndexPart::new(IndexTerm::Column(column.to_owned())).descending(descending)
    }

    #[test]
    fn an_index_can_be_read_from_both_ends() {
        let index = |turns: [bool; 2]| Index::by("i", [part("a", turns[0]), part("b", turns[1])]);
        assert!(index([false, true]).is_like(&index([true, false])));
        assert!(index([false, false]).is_like(&Index::new("other", ["a", "b"])));
        assert!(index([true, false]).begins_with("a") && !index([true, false]).begins_with("b"));
        assert!(!index([false, false]).is_like(&index([false, true])));
        let partial = Index::new("i", ["a"]).only([IndexCondition::Null("b".to_owned())]);
        assert!(!Index::new("i", ["a"]).is_like(&partial) && !partial.begins_with("a"));
    }

    #[test]
    fn columns_are_renamed_wherever_they_stand() {
        let index = Index::by("i", [IndexPart::new(IndexTerm::Lower("a".to_owned()))])
            .only([IndexCondition::Compared("b".to_owned(), IndexComparison::Less, IndexLiteral::Integer(1))]);
        let renamed = index.renamed(|column| Some(format!("new {column}"))).unwrap();
        assert_eq!(renamed.columns().collect::<Vec<_>>(), ["new a", "new b"]);
        assert_eq!(index.renamed(|column| (column == "a").then(|| "x".to_owned())), None);
    }
}
