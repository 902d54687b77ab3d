//! [`Index`]: what makes reading a table quicker. It says nothing about the rows, so a replica may do without.

/// An index of the source on plain columns, all in ascending order.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name at the source.
    pub name: String,
    /// Names of the columns, in the index's order.
    pub columns: Vec<String>,
}

impl Index {
    /// An index on these columns.
    #[must_use]
    pub fn new<N: Into<String>>(name: impl Into<String>, columns: impl IntoIterator<Item = N>) -> Self {
        Self { name: name.into(), columns: columns.into_iter().map(Into::into).collect() }
    }
}
