//! What is refused before SQLite sees it: no statement, several, or one that does not read.

use sync_core::{Error, Result};

use super::token::{Token, tokens};

/// Longer texts are no statement that anybody wrote.
pub(super) const LONGEST: usize = 64 << 10;

/// What a statement that reads can begin with.
const BEGINNINGS: [&str; 5] = ["SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA"];

/// The tokens of the one statement in `sql`, which reads as far as can be seen from its first word.
pub(super) fn one_statement(sql: &str) -> Result<Vec<Token>> {
    if sql.len() > LONGEST {
        let hint = format!("write at most {LONGEST} bytes; give long values as parameters");
        return Err(Error::unsupported(format!("the statement has {} bytes", sql.len())).hint(hint));
    }
    if let Some(at) = sql.find('\0') {
        let error = Error::unsupported(format!("there is a NUL character at byte {at}"));
        return Err(error.hint("give such a value as a parameter"));
    }
    let mut tokens = tokens(sql);
    let empty = tokens.iter().take_while(|token| token.is_sign(b';')).count();
    tokens.drain(..empty);
    let Some(first) = tokens.first() else {
        return Err(Error::unsupported("there is no statement").hint("write a SELECT"));
    };
    if !BEGINNINGS.iter().any(|word| first.is_word(sql, word)) {
        return Err(only_reads());
    }
    if let Some(end) = tokens.iter().position(|token| token.is_sign(b';')) {
        if let Some(rest) = tokens[end..].iter().find(|token| !token.is_sign(b';')) {
            let line = 1 + sql[..rest.span.start].matches('\n').count();
            let error = Error::unsupported(format!("something follows the end of the statement, in line {line}"));
            return Err(error.hint("send one statement at a time"));
        }
        tokens.truncate(end);
    }
    Ok(tokens)
}

/// The answer to whatever would change something, here or in another file.
pub(super) fn only_reads() -> Error {
    Error::unsupported("it does more than read").hint("write one SELECT; the replica is changed by syncing alone")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(sql: &str) -> String {
        one_statement(sql).unwrap_err().to_string()
    }

    #[test]
    fn one_statement_may_end_with_semicolons_and_comments() {
        for sql in
            ["SELECT 1", "; SELECT 1", " select ';' ; ; -- end", "/* a; */ WITH a AS (VALUES (1)) SELECT * FROM a;"]
        {
            assert!(one_statement(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for sql in ["", " ; ;", "-- only a comment", "/*"] {
            assert_eq!(refusal(sql), "there is no statement; write a SELECT", "{sql:?}");
        }
        assert_eq!(
            refusal("SELECT 1;\nDELETE FROM users"),
            "something follows the end of the statement, in line 2; send one statement at a time"
        );
        for sql in ["DELETE FROM users", "ATTACH 'x' AS y", "(SELECT 1)", "BEGIN", "\"SELECT\" 1"] {
            assert_eq!(
                refusal(sql),
                "it does more than read; write one SELECT; the replica is changed by syncing alone",
                "{sql}"
            );
        }
        assert_eq!(refusal("SELECT '\0'"), "there is a NUL character at byte 8; give such a value as a parameter");
        assert_eq!(
            refusal(&format!("SELECT '{}'", "x".repeat(LONGEST))),
            "the statement has 65545 bytes; write at most 65536 bytes; give long values as parameters"
        );
    }
}
