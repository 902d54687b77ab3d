//! `schema.table` turned into the replica's name, on the tokens of a statement.
//!
//! SQLite would take the schema for an attached file. Only what stands where a table stands is changed, and columns that name their
//! table with its schema; `alias.column` looks the same as `schema.table` and is left alone.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::token::{Kind, Token};
use crate::names::quoted;

/// The statement with every pair that names a replica replaced. `replica` answers for a schema and a name.
pub(super) fn rewrite(sql: &str, tokens: &[Token], replica: impl Fn(&str, &str) -> Option<String>) -> String {
    let found = Search { sql, tokens, replica, levels: vec![Level::default()], found: Vec::new() }.all();
    let shared = shared_names(&found);
    let mut rewritten = String::with_capacity(sql.len() + 64);
    let mut kept = 0;
    for mention in &found {
        let Some((span, text)) = mention.replacement(&shared) else { continue };
        rewritten.push_str(&sql[kept..span.start]);
        rewritten.push_str(&text);
        kept = span.end;
    }
    rewritten.push_str(&sql[kept..]);
    rewritten
}

/// A table that the statement mentions.
#[derive(Debug)]
struct Mention {
    span: Range<usize>,
    name: String,
    /// The schema and the replica, for a pair that names one.
    pair: Option<(String, String)>,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// After FROM or JOIN, without a name of the query's own: its columns go by the table's name.
    Bare,
    /// There, with a name of its own; or after IN, where there can be none.
    Named,
    /// In front of a column.
    Column,
}

impl Mention {
    fn replacement(&self, shared: &HashSet<String>) -> Option<(Range<usize>, String)> {
        let (schema, replica) = self.pair.as_ref()?;
        // Two tables of one name can only be told apart by their schemas.
        let alias = if shared.contains(&self.name.to_ascii_lowercase()) {
            quoted(&format!("{schema}.{}", self.name))
        } else {
            quoted(&self.name)
        };
        let table = format!("\"main\".{}", quoted(replica));
        let text = match self.place {
            Place::Bare => format!("{table} AS {alias}"),
            Place::Named => table,
            Place::Column => alias,
        };
        Some((self.span.clone(), text))
    }
}

/// Names under which the statement reads more than one table.
fn shared_names(found: &[Mention]) -> HashSet<String> {
    let mut owners: HashMap<String, HashSet<Option<&str>>> = HashMap::new();
    for mention in found.iter().filter(|mention| mention.place == Place::Bare) {
        let replica = mention.pair.as_ref().map(|(_, replica)| replica.as_str());
        owners.entry(mention.name.to_ascii_lowercase()).or_default().insert(replica);
    }
    owners.into_iter().filter(|(_, owners)| owners.len() > 1).map(|(name, _)| name).collect()
}

/// What is known between two parentheses.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// Within FROM, where a comma leads to another table.
    from: bool,
    /// The next name is that of a table.
    table: bool,
}

struct Search<'a, F> {
    sql: &'a str,
    tokens: &'a [Token],
    replica: F,
    levels: Vec<Level>,
    found: Vec<Mention>,
}

/// Words that end FROM, or begin a query of their own.
const ENDS_OF_FROM: [&str; 12] = [
    "SELECT",
    "VALUES",
    "WITH",
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "WINDOW",
    "UNION",
    "INTERSECT",
    "EXCEPT",
];
/// Words after a table that are not a name for it.
const AFTER_TABLE: [&str; 21] = [
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "WINDOW",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "JOIN",
    "LEFT",
    "RIGHT",
    "FULL",
    "INNER",
    "OUTER",
    "CROSS",
    "NATURAL",
    "ON",
    "USING",
    "INDEXED",
    "NOT",
];

impl<F: Fn(&str, &str) -> Option<String>> Search<'_, F> {
    fn all(mut self) -> Vec<Mention> {
        let mut at = 0;
        while at < self.tokens.len() {
            at += self.step(at);
        }
        self.found
    }

    /// Takes one token, or a whole name with its dots; returns how many it took.
    fn step(&mut self, at: usize) -> usize {
        let level = self.levels.last().copied().unwrap_or_default();
        let kind = self.tokens[at].kind;
        if kind == Kind::Word && !self.has_dot(at) && self.keyword(at) {
            return 1;
        }
        match kind {
            Kind::Sign(b'(') => self.levels.push(Level { from: level.table, table: level.table }),
            Kind::Sign(b')') => {
                self.levels.pop();
                self.set(|level| level.table = false);
            }
            Kind::Sign(b',') => self.set(|level| level.table = level.from),
            Kind::Word | Kind::QuotedName | Kind::Text => return self.name(at, level.table),
            Kind::Literal | Kind::Sign(_) => {}
        }
        1
    }

    fn set(&mut self, change: impl FnOnce(&mut Level)) {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        if let Some(level) = self.levels.last_mut() {
            change(level);
        }
    }

    /// Whether the token is a word that matters here, and what follows from it.
    fn keyword(&mut self, at: usize) -> bool {
        let is = |word: &&str| self.tokens[at].is_word(self.sql, word);
        if is(&"FROM") {
            // `a IS DISTINCT FROM b` is an expression.
            let distinct = at.checked_sub(1).is_some_and(|before| self.tokens[before].is_word(self.sql, "DISTINCT"));
            if !distinct {
                self.set(|level| *level = Level { from: true, table: true });
            }
        } else if is(&"JOIN") {
            self.set(|level| level.table = level.from);
        } else if ENDS_OF_FROM.iter().any(is) {
            self.set(|level| *level = Level::default());
        } else {
            return false;
        }
        true
    }

    /// A name, as far as its dots reach.
    fn name(&mut self, at: usize, table: bool) -> usize {
        let parts = self.parts(at);
        let after_in = at.checked_sub(1).is_some_and(|before| self.tokens[before].is_word(self.sql, "IN"));
        let is_call = self.tokens.get(at + 2 * parts.len() - 1).is_some_and(|token| token.is_sign(b'('));
        if table {
            self.set(|level| level.table = false);
        }
        match parts.as_slice() {
            [name] if table && !is_call => self.mention(at..at + 1, None, name, self.place(at + 1)),
            [schema, name] if (table || after_in) && !is_call => {
                let place = if after_in { Place::Named } else { self.place(at + 3) };
                self.mention(at..at + 3, Some(schema), name, place);
            }
            [schema, name, _] if !table => self.mention(at..at + 3, Some(schema), name, Place::Column),
            _ => {}
        }
        2 * parts.len() - 1
    }

    /// The parts of the name that begins here; the last may be a star.
    fn parts(&self, at: usize) -> Vec<String> {
        let mut parts = Vec::new();
        let mut at = at;
        while let Some(token) = self.tokens.get(at) {
            match token.name(self.sql) {
                Some(part) => parts.push(part.into_owned()),
                None if token.is_sign(b'*') && !parts.is_empty() => parts.push("*".to_owned()),
                None => break,
            }
            if !self.has_dot(at) {
                break;
            }
            at += 2;
        }
        parts
    }

    fn has_dot(&self, at: usize) -> bool {
        self.tokens.get(at + 1).is_some_and(|token| token.is_sign(b'.'))
    }

    /// Whether the table before this token has a name of the query's own.
    fn place(&self, after: usize) -> Place {
        match self.tokens.get(after) {
            Some(token) if AFTER_TABLE.iter().any(|word| token.is_word(self.sql, word)) => Place::Bare,
            Some(token) if token.name(self.sql).is_some() => Place::Named,
            _ => Place::Bare,
        }
    }

    fn mention(&mut self, tokens: Range<usize>, schema: Option<&String>, name: &str, place: Place) {
        let (Some(first), Some(last)) = (self.tokens.get(tokens.start), self.tokens.get(tokens.end - 1)) else {
            return;
        };
        let pair = schema.and_then(|schema| Some((schema.clone(), (self.replica)(schema, name)?)));
        self.found.push(Mention { span: first.span.start..last.span.end, name: name.to_owned(), pair, place });
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn rewritten(sql: &str) -> String {
        rewrite(sql, &tokens(sql), |schema, name| {
            let known = [("audit", "logs"), ("audit", "users"), ("public", "users"), ("odd", "a\"b")];
            known.contains(&(schema, name)).then(|| format!("tmp_{schema}_{name}"))
        })
    }

    fn same(sql: &str) {
        assert_eq!(rewritten(sql), sql);
    }

    #[test]
    fn a_table_is_replaced_where_a_table_stands() {
        for (sql, expected) in [
            ("SELECT * FROM audit.logs", r#"SELECT * FROM "main"."tmp_audit_logs" AS "logs""#),
            ("select 1 from audit . /*x*/ logs where 1", r#"select 1 from "main"."tmp_audit_logs" AS "logs" where 1"#),
            (r#"SELECT 1 FROM "audit".[logs] l"#, r#"SELECT 1 FROM "main"."tmp_audit_logs" l"#),
            ("SELECT 1 FROM `audit`.'logs' AS l", r#"SELECT 1 FROM "main"."tmp_audit_logs" AS l"#),
            ("SELECT 1 FROM a, audit.logs", r#"SELECT 1 FROM a, "main"."tmp_audit_logs" AS "logs""#),
            (
                "SELECT 1 FROM a JOIN b ON a.x = f(1, 2), audit.logs",
                r#"SELECT 1 FROM a JOIN b ON a.x = f(1, 2), "main"."tmp_audit_logs" AS "logs""#,
            ),
            (
                "SELECT 1 FROM a LEFT JOIN audit.logs USING (x, y)",
                r#"SELECT 1 FROM a LEFT JOIN "main"."tmp_audit_logs" AS "logs" USING (x, y)"#,
            ),
            (
                "SELECT 1 FROM (audit.logs JOIN (public.users u))",
                r#"SELECT 1 FROM ("main"."tmp_audit_logs" AS "logs" JOIN ("main"."tmp_public_users" u))"#,
            ),
            (
                "SELECT (SELECT max(id) FROM audit.logs), b.c FROM b",
                r#"SELECT (SELECT max(id) FROM "main"."tmp_audit_logs" AS "logs"), b.c FROM b"#,
            ),
            ("SELECT 1 WHERE 1 IN audit.logs", r#"SELECT 1 WHERE 1 IN "main"."tmp_audit_logs""#),
            (r#"SELECT 1 FROM odd."a""b""#, r#"SELECT 1 FROM "main"."tmp_odd_a""b" AS "a""b""#),
        ] {
            assert_eq!(rewritten(sql), expected);
        }
    }

    #[test]
    fn columns_with_table_and_schema_follow() {
        assert_eq!(
            rewritten("SELECT audit.logs.id, audit.logs.* FROM audit.logs ORDER BY audit.logs.id"),
            r#"SELECT "logs".id, "logs".* FROM "main"."tmp_audit_logs" AS "logs" ORDER BY "logs".id"#
        );
        assert_eq!(
            rewritten("SELECT audit.users.id FROM audit.users JOIN public.users ON audit.users.id = public.users.id"),
            r#"SELECT "audit.users".id FROM "main"."tmp_audit_users" AS "audit.users" "#.to_owned()
                + r#"JOIN "main"."tmp_public_users" AS "public.users" ON "audit.users".id = "public.users".id"#
        );
        assert_eq!(
            rewritten("SELECT users.id FROM users JOIN audit.users ON 1"),
            r#"SELECT users.id FROM users JOIN "main"."tmp_audit_users" AS "audit.users" ON 1"#
        );
    }

    #[test]
    fn what_only_looks_like_a_table_stays() {
        same("SELECT audit.logs FROM t AS audit");
        same("SELECT 'FROM audit.logs', \"FROM audit.logs\" -- FROM audit.logs\n FROM t /* , audit.logs */");
        same(
            "SELECT audit.logs FROM t audit WHERE audit.logs = 1 GROUP BY audit.logs, audit.logs ORDER BY 1, audit.logs",
        );
        same("SELECT a IS NOT DISTINCT FROM audit.logs FROM t audit");
        same("SELECT f(1, audit.logs) FROM t audit JOIN u ON f(1, audit.logs)");
        same("SELECT 1 FROM other.logs, audit.absent, a.audit.logs");
        same("SELECT x.audit.logs.y FROM x");
        same("SELECT 1 FROM audit.logs(1)");
        same("SELECT t.from, audit.logs FROM t audit");
        same("SELECT 1 WHERE 1 IN (audit.logs, audit.logs)");
    }

    #[test]
    fn no_text_is_too_odd() {
        for sql in [
            ")))",
            "FROM",
            "FROM audit.",
            "audit.logs.",
            ")) FROM audit.logs",
            "FROM ((((",
            ", audit.logs",
            "IN",
            ".",
            "FROM .",
        ] {
            assert!(rewritten(sql).len() >= sql.len(), "{sql}");
        }
    }
}
