//! What is wrong with a file that is no TOML, and how to write it right.
//!
//! Nothing of a value is ever shown, because it may be a password.

use sync_core::Error;

use super::toml_file::line;

/// The parser's error, with the fix where the mistake is a usual one.
pub(super) fn explain(name: &str, text: &str, error: &toml::de::Error) -> Error {
    let span = error.span().unwrap_or_default();
    let mistake = Mistake::new(text, span.start.min(text.len()), span.end.min(text.len()), error.message());
    let (message, hint) = mistake.explain();
    let error = Error::config(message).at(format!("{name}:{}", line(text, mistake.start)));
    hint.map_or_else(|| error.clone(), |hint| error.clone().hint(hint))
}

struct Mistake<'a> {
    text: &'a str,
    start: usize,
    unexpected: &'a str,
    /// The text on the same line before the mistake.
    before: &'a str,
    /// The text on the same line from the mistake on.
    after: &'a str,
    message: &'a str,
}

impl<'a> Mistake<'a> {
    fn new(text: &'a str, start: usize, end: usize, message: &'a str) -> Self {
        let begin = text[..start].rfind('\n').map_or(0, |position| position + 1);
        let stop = text[start..].find('\n').map_or(text.len(), |position| start + position);
        let unexpected = &text[start..end.max(start)];
        Self { text, start, unexpected, before: &text[begin..start], after: &text[start..stop], message }
    }

    fn explain(&self) -> (String, Option<String>) {
        if self.text.trim_start().starts_with('{') {
            let hint = "write one `key = value` on a line, and [section] above the keys of a section";
            return ("this is JSON, and the config is TOML".to_owned(), Some(hint.to_owned()));
        }
        if let Some(key) = self.key_before_colon() {
            return (format!("`:` stands after `{key}`"), Some(format!("write {key} = …, with `=`")));
        }
        match self.message {
            "duplicate key" => self.duplicate(),
            "key with no value, expected `=`" => {
                let key = self.before.trim();
                (format!("`{key}` has no value"), Some(format!("write {key} = …")))
            }
            "string values must be quoted, expected literal string" => self.unquoted(),
            message if message.starts_with("missing escaped value") => (
                "`\\` in double quotes begins an escape".to_owned(),
                Some("write the text in single quotes, or each `\\` twice".to_owned()),
            ),
            message if message.starts_with("missing comma between array elements") => (
                "the list goes on without a comma, or is not closed".to_owned(),
                Some("put `,` between elements and `]` after the last".to_owned()),
            ),
            message if message.starts_with("missing comma between key-value pairs") => (
                "the `{ … }` goes on without a comma, or is not closed".to_owned(),
                Some("put `,` between settings and `}` after the last, or write a [section]".to_owned()),
            ),
            message if message.starts_with("invalid boolean") => {
                ("it is neither true nor false".to_owned(), Some("write true or false, in small letters".to_owned()))
            }
            message if message.starts_with("unclosed table") => {
                ("the header is not closed".to_owned(), Some("write [section] or [section.name]".to_owned()))
            }
            message if message.starts_with("invalid basic string") => {
                ("the text is not closed".to_owned(), Some("put `\"` at its end".to_owned()))
            }
            message if message.starts_with("invalid literal string") => {
                ("the text is not closed".to_owned(), Some("put `'` at its end".to_owned()))
            }
            // It would show a number.
            message if message.starts_with("invalid type") => ("a number is out of range".to_owned(), None),
            message => (format!("this is not TOML: {message}"), None),
        }
    }

    /// `sync_interval: 60`, `{ name: "orders" }`.
    fn key_before_colon(&self) -> Option<&'a str> {
        let line = &self.text[self.start - self.before.len()..self.start + self.after.len()];
        let colon = match self.after.strip_prefix(':') {
            Some(_) => self.before.len(),
            None => line[..self.before.len()].trim_end().strip_suffix(':')?.len(),
        };
        let before = line[..colon].trim_end();
        let begin = before.rfind(|c: char| !(c.is_alphanumeric() || "_-.\"'".contains(c))).map_or(0, |at| at + 1);
        let key = before.get(begin..)?;
        (!key.is_empty()).then_some(key)
    }

    fn duplicate(&self) -> (String, Option<String>) {
        let key = self.unexpected;
        let hint = if key == "tables" || key == "table" {
            "keep one of `tables = […]` and [[tables]]; settings of one table stand in [table.NAME]"
        } else {
            "keep one of them"
        };
        (format!("`{key}` is written twice"), Some(hint.to_owned()))
    }

    fn unquoted(&self) -> (String, Option<String>) {
        let key = self.before.trim_end_matches(['=', '[', '{', ' ', '\t']);
        let key = key.rsplit([' ', '\t', '{', ',']).next().unwrap_or(key);
        let subject =
            if key.is_empty() || key.contains(['"', '\'']) { "a value".to_owned() } else { format!("`{key}`") };
        if self.unexpected.contains(['“', '”', '„', '‘', '’']) {
            return (format!("{subject} has typographic quotes"), Some("write plain ones: \"…\"".to_owned()));
        }
        if self.unexpected.trim().is_empty() {
            return (format!("{subject} has no value after `=`"), None);
        }
        (format!("{subject} is text without quotes"), Some("write it as \"…\"".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let error = toml::from_str::<toml::Table>(text).unwrap_err();
        explain("data-sync.toml", text, &error).to_string()
    }

    #[test]
    fn usual_mistakes_get_their_fix() {
        for (text, expected) in [
            ("sync_interval: 60\n", "1: `:` stands after `sync_interval`; write sync_interval = …, with `=`"),
            ("\ntables = [{ name: \"orders\" }]\n", "2: `:` stands after `name`; write name = …, with `=`"),
            ("source:\n  url: postgres://x\n", "1: `:` stands after `source`; write source = …, with `=`"),
            (
                "{ \"source\": {} }",
                "1: this is JSON, and the config is TOML; write one `key = value` on a line, and [section] above the keys of a section",
            ),
            (
                "tables = [\"a\" \"b\"]",
                "1: the list goes on without a comma, or is not closed; put `,` between elements and `]` after the last",
            ),
            (
                "tables = ['a', 'b'\nx = 3",
                "2: the list goes on without a comma, or is not closed; put `,` between elements and `]` after the last",
            ),
            (
                "source = { url = \"x\"\n a = 1 }",
                "2: the `{ … }` goes on without a comma, or is not closed; put `,` between settings and `}` after the last, or write a [section]",
            ),
            ("sync_interval = 5m", "1: `sync_interval` is text without quotes; write it as \"…\""),
            ("tables = users", "1: `tables` is text without quotes; write it as \"…\""),
            ("tables = [users]", "1: `tables` is text without quotes; write it as \"…\""),
            ("tables = [“users”]", "1: `tables` has typographic quotes; write plain ones: \"…\""),
            ("sync_interval =", "1: `sync_interval` has no value after `=`"),
            ("sync_interval", "1: `sync_interval` has no value; write sync_interval = …"),
            ("enabled = True", "1: it is neither true nor false; write true or false, in small letters"),
            ("a = 1\na = 2", "2: `a` is written twice; keep one of them"),
            (
                "tables = ['a']\n[[tables]]\nname = 'b'",
                "2: `tables` is written twice; keep one of `tables = […]` and [[tables]]; settings of one table stand in [table.NAME]",
            ),
            ("[source\nurl = 1", "1: the header is not closed; write [section] or [section.name]"),
            (
                "path = \"C:\\data\"",
                "1: `\\` in double quotes begins an escape; write the text in single quotes, or each `\\` twice",
            ),
            ("x = 99999999999999999999", "1: a number is out of range"),
        ] {
            assert_eq!(error(text), format!("data-sync.toml:{expected}"), "{text}");
        }
    }

    #[test]
    fn no_value_is_ever_shown() {
        for text in [
            "password = hunter2",
            "password: hunter2",
            "password = \"hunter2",
            "password = 'hunter2",
            "password = \"\\hunter2\"",
            "url = postgres://app:hunter2@db/shop",
            "password = hunter2 # x",
            "source = { password: \"hunter2\" }",
            "source = { password = hunter2 }",
            "password = [ \"hunter2\" \"hunter2\" ]",
            "password = \"hunter2\" hunter2",
            "password \"hunter2\"",
            "password hunter2",
            "password == hunter2",
            "[hunter2",
            "password = \"a\"\npassword = \"hunter2\"",
            "password = \"\"\"hunter2",
        ] {
            let error = error(text);
            assert!(!error.contains("hunter2") || text == "[hunter2", "{error}");
        }
    }
}
