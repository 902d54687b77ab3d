//! How tables are named in a configuration, and what their replicas are called: `audit.logs` becomes `tmp_audit_logs`.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result, TableId};

/// The prefix that tells replicated tables from a user's own.
pub const DEFAULT_PREFIX: &str = "tmp_";

/// A table, or a pattern of tables, as a configuration names it: `users`, `audit.logs`, `audit.*`, `"odd.name"`.
///
/// A part in double quotes is taken to the letter, a quote within it doubled; elsewhere `*` stands for any characters.
///
/// ```
/// use sync_core::{TableId, TableName};
/// let name: TableName = "audit.*".parse()?;
/// assert!(name.is_pattern());
/// assert!(name.matches(&TableId::new("audit", "logs"), Some("public")));
/// # Ok::<(), sync_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    schema: Option<Part>,
    name: Part,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Part {
    text: String,
    quoted: bool,
}

impl TableName {
    /// The same table in another schema: a `schema` key beside the name wins over a dotted prefix.
    #[must_use]
    pub fn in_schema(self, schema: impl Into<String>) -> Self {
        Self { schema: Some(Part { text: schema.into(), quoted: true }), name: self.name }
    }

    /// The schema, where it is named.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_ref().map(|part| part.text.as_str())
    }

    /// The name within the schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name.text
    }

    /// Whether it may stand for several tables.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.name.is_pattern() || self.schema.as_ref().is_some_and(Part::is_pattern)
    }

    /// Whether it stands for this table. Without a schema, only tables of the default schema are meant.
    #[must_use]
    pub fn matches(&self, table: &TableId, default_schema: Option<&str>) -> bool {
        let schema = match (&self.schema, table.schema()) {
            (Some(part), Some(schema)) => part.matches(schema),
            (None, schema) => schema == default_schema || schema.is_none(),
            (Some(_), None) => false,
        };
        schema && self.name.matches(table.name())
    }
}

/// The name that stands for this table and no other.
impl From<&TableId> for TableName {
    fn from(table: &TableId) -> Self {
        let part = |text: &str| Part { text: text.to_owned(), quoted: true };
        Self { schema: table.schema().map(part), name: part(table.name()) }
    }
}

impl Part {
    fn is_pattern(&self) -> bool {
        !self.quoted && self.text.contains('*')
    }

    fn matches(&self, name: &str) -> bool {
        if !self.is_pattern() {
            return self.text == name;
        }
        let mut pieces = self.text.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let mut pieces = pieces.peekable();
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_none() {
                return rest.ends_with(piece);
            }
            let Some(found) = rest.find(piece) else { return false };
            rest = &rest[found + piece.len()..];
        }
        true
    }
}

impl FromStr for TableName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (first, rest) = parse_part(text, text)?;
        let Some(rest) = rest else { return Ok(Self { schema: None, name: first }) };
        match parse_part(rest, text)? {
            (name, None) => Ok(Self { schema: Some(first), name }),
            (_, Some(_)) => Err(not_a_name(text, "it has more than one dot")
                .hint("write schema.table, with a part that holds a dot in double quotes")),
        }
    }
}

/// The part up to the next dot, and what follows the dot.
fn parse_part<'a>(text: &'a str, whole: &str) -> Result<(Part, Option<&'a str>)> {
    let (part, rest) = if let Some(inner) = text.strip_prefix('"') {
        parse_quoted(inner).ok_or_else(|| not_a_name(whole, "a quote is not closed"))?
    } else {
        let end = text.find('.').unwrap_or(text.len());
        (Part { text: text[..end].to_owned(), quoted: false }, &text[end..])
    };
    if part.text.is_empty() {
        return Err(not_a_name(whole, "a part of it is empty").hint("write table, or schema.table"));
    }
    match rest.strip_prefix('.') {
        Some(rest) => Ok((part, Some(rest))),
        None if rest.is_empty() => Ok((part, None)),
        None => Err(not_a_name(whole, "something follows the closing quote")),
    }
}

fn parse_quoted(inner: &str) -> Option<(Part, &str)> {
    let mut text = String::new();
    let mut rest = inner;
    loop {
        let end = rest.find('"')?;
        text.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                text.push('"');
                rest = after;
            }
            None => return Some((Part { text, quoted: true }, rest)),
        }
    }
}

fn not_a_name(text: &str, reason: &str) -> Error {
    Error::config(format!("{text:?} is no table name: {reason}"))
}

/// As it was written, or as it would have to be.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        write!(f, "{}", self.name)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted && self.text.contains(['.', '"', '*']) {
            write!(f, "\"{}\"", self.text.replace('"', "\"\""))
        } else {
            f.write_str(&self.text)
        }
    }
}

/// The name of a table's replica: the prefix, the schema unless it is the default one, the table.
///
/// ```
/// use sync_core::{TableId, replica_name};
/// assert_eq!(replica_name("tmp_", &TableId::new("public", "users"), Some("public")), "tmp_users");
/// assert_eq!(replica_name("tmp_", &TableId::new("audit", "logs"), Some("public")), "tmp_audit_logs");
/// ```
#[must_use]
pub fn replica_name(prefix: &str, table: &TableId, default_schema: Option<&str>) -> String {
    match table.schema() {
        Some(schema) if Some(schema) != default_schema => format!("{prefix}{schema}_{}", table.name()),
        _ => format!("{prefix}{}", table.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TableName {
        text.parse().unwrap()
    }

    fn replica(name: &TableName) -> String {
        let schema = name.schema().unwrap_or("public");
        replica_name(DEFAULT_PREFIX, &TableId::new(schema, name.name()), Some("public"))
    }

    #[test]
    fn replicas_are_named_as_promised() {
        for (configured, schema, expected) in [
            ("users", None, "tmp_users"),
            ("public.products", None, "tmp_products"),
            ("audit.logs", None, "tmp_audit_logs"),
            ("x", Some("s1"), "tmp_s1_x"),
            ("s2.y", Some("s1"), "tmp_s1_y"),
            ("p", Some("public"), "tmp_p"),
            ("\"odd.name\"", None, "tmp_odd.name"),
        ] {
            let mut name = name(configured);
            if let Some(schema) = schema {
                name = name.in_schema(schema);
            }
            assert_eq!(replica(&name), expected, "{configured}");
        }
    }

    #[test]
    fn quotes_keep_dots_stars_and_quotes() {
        assert_eq!((name("\"a.b\".\"c\"\"d\"").schema(), name("\"a.b\".\"c\"\"d\"").name()), (Some("a.b"), "c\"d"));
        assert!(!name("\"*\"").is_pattern());
        for text in ["users", "audit.logs", "\"a.b\".\"c\"\"d\"", "audit.*", "\"*\""] {
            assert_eq!(name(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_reason() {
        for (text, reason) in [
            ("a.b.c", "more than one dot"),
            ("", "a part of it is empty; write table, or schema.table"),
            (".a", "empty"),
            ("a.", "empty"),
            ("\"\"", "empty"),
            ("\"a", "not closed"),
            ("\"a\"b", "follows the closing quote"),
        ] {
            let error = text.parse::<TableName>().unwrap_err();
            assert!(error.to_string().contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn patterns_match_whole_names() {
        let matches = |pattern: &str, schema: &str, table: &str| {
            name(pattern).matches(&TableId::new(schema, table), Some("public"))
        };
        assert!(matches("*", "public", "users"));
        assert!(!matches("*", "audit", "logs"));
        assert!(matches("*.logs", "audit", "logs"));
        assert!(matches("audit.l*g*s", "audit", "logs"));
        assert!(matches("audit.**", "audit", "logs"));
        assert!(!matches("audit.l*x", "audit", "logs"));
        assert!(!matches("audit.*logs2", "audit", "logs"));
        assert!(!matches("ab*ba", "public", "aba"));
        assert!(matches("users", "public", "users"));
        assert!(!matches("users", "audit", "users"));
        assert!(name("lines").matches(&TableId::unqualified("lines"), None));
    }
}
