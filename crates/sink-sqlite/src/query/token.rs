//! SQL cut into tokens, by the same rules as SQLite's own tokenizer.

use std::borrow::Cow;
use std::ops::Range;

/// A piece of a statement that is neither a blank nor a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Where it stands, in bytes.
    pub(super) span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare name.
    Word,
    /// A name in `"…"`, `` `…` `` or `[…]`.
    QuotedName,
    /// `'…'`, which SQLite takes for a name where only a name can stand.
    Text,
    /// Numbers, `x'…'`, parameters.
    Literal,
    /// A single character of anything else.
    Sign(u8),
}

/// All tokens of a text. It takes any text: what SQLite would refuse becomes some token here.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let (kind, length) = next(&sql.as_bytes()[at..]);
        if let Some(kind) = kind {
            tokens.push(Token { kind, span: at..at + length });
        }
        at += length;
    }
    tokens
}

impl Token {
    /// Whether it is this keyword, in any case.
    pub(super) fn is_word(&self, sql: &str, word: &str) -> bool {
        self.kind == Kind::Word && sql[self.span.clone()].eq_ignore_ascii_case(word)
    }

    pub(super) fn is_sign(&self, sign: u8) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// What it names, without quotes, where it can be a name.
    pub(super) fn name<'a>(&self, sql: &'a str) -> Option<Cow<'a, str>> {
        let text = &sql[self.span.clone()];
        match self.kind {
            Kind::Word => Some(Cow::Borrowed(text)),
            Kind::QuotedName | Kind::Text => Some(unquoted(text)),
            Kind::Literal | Kind::Sign(_) => None,
        }
    }
}

fn unquoted(text: &str) -> Cow<'_, str> {
    let mut characters = text.chars();
    let (Some(open), Some(_), true) = (characters.next(), characters.next_back(), text.len() >= 2) else {
        return Cow::Borrowed("");
    };
    let inner = characters.as_str();
    if open == '[' || !inner.contains(open) {
        return Cow::Borrowed(inner);
    }
    Cow::Owned(inner.replace(&format!("{open}{open}"), &open.to_string()))
}

/// The kind of the first token, `None` for blanks and comments, and its length, which is never 0 and ends between characters.
fn next(text: &[u8]) -> (Option<Kind>, usize) {
    match text {
        [b' ' | b'\t' | b'\n' | b'\x0c' | b'\r', ..] => (None, 1),
        // SQLite takes a byte order mark for a blank, wherever a token could begin.
        [0xef, 0xbb, 0xbf, ..] => (None, 3),
        [b'-', b'-', rest @ ..] => (None, 2 + until(rest, |byte| byte == b'\n')),
        [b'/', b'*', rest @ ..] => (None, 2 + comment(rest)),
        [b'\'', ..] => (Some(Kind::Text), quoted(text, b'\'')),
        [quote @ (b'"' | b'`'), ..] => (Some(Kind::QuotedName), quoted(text, *quote)),
        [b'[', rest @ ..] => (Some(Kind::QuotedName), (1 + until(rest, |byte| byte == b']') + 1).min(text.len())),
        [b'x' | b'X', b'\'', ..] => (Some(Kind::Literal), 1 + quoted(&text[1..], b'\'')),
        [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => (Some(Kind::Literal), number(text)),
        [b'?' | b':' | b'@' | b'$' | b'#', rest @ ..] => {
            (Some(Kind::Literal), 1 + until(rest, |byte| !is_name_byte(byte)))
        }
        [first, ..] if is_name_byte(*first) => (Some(Kind::Word), until(text, |byte| !is_name_byte(byte))),
        [sign, ..] => (Some(Kind::Sign(*sign)), 1),
        [] => (None, 1),
    }
}

/// Bytes up to the first that ends, or all.
fn until(text: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| ends(*byte)).unwrap_or(text.len())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The rest of a comment with its end; one that is not closed reaches to the end of the text.
fn comment(text: &[u8]) -> usize {
    text.windows(2).position(|pair| pair == b"*/").map_or(text.len(), |at| at + 2)
}

/// A quoted piece with both quotes, in which a doubled quote stands for itself.
fn quoted(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < text.len() {
        if text[at] != quote {
            at += 1;
        } else if text.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    text.len()
}

/// Digits with a point, an exponent, and whatever letters stick to them.
fn number(text: &[u8]) -> usize {
    let is_part = |byte: u8| is_name_byte(byte) || byte == b'.';
    let mut end = until(text, |byte| !is_part(byte));
    let hexadecimal = matches!(text, [b'0', b'x' | b'X', ..]);
    if let [.., b'e' | b'E'] = text[..end]
        && !hexadecimal
        && let Some([b'+' | b'-', b'0'..=b'9', ..]) = text.get(end..)
    {
        end += 1;
        end += until(&text[end..], |byte| !is_name_byte(byte));
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).into_iter().map(|token| &sql[token.span]).collect()
    }

    #[test]
    fn blanks_and_comments_are_no_tokens() {
        assert_eq!(texts("\u{feff} a--b\n/*c'*/d /* open"), ["a", "d"]);
        assert_eq!(texts("1-/**/-2 -- x"), ["1", "-", "-", "2"]);
    }

    #[test]
    fn quotes_hold_everything_up_to_their_end() {
        assert_eq!(texts("'a''b;'x\"c\"\"d.\"`e``f`[g\"h]i"), ["'a''b;'", "x", "\"c\"\"d.\"", "`e``f`", "[g\"h]", "i"]);
        for open in ["'a", "\"a", "`a", "[a"] {
            assert_eq!(texts(open), [open]);
        }
    }

    #[test]
    fn names_lose_their_quotes() {
        let names = |sql: &str| -> Vec<_> {
            tokens(sql).iter().filter_map(|token| token.name(sql).map(Cow::into_owned)).collect()
        };
        assert_eq!(names("a \"b\"\"c\" `d``e` [f\"] 'g''h' x'00' 1.5 ?1"), ["a", "b\"c", "d`e", "f\"", "g'h"]);
        assert_eq!(names("a \"é").len(), 2);
    }

    #[test]
    fn numbers_and_parameters_are_whole() {
        assert_eq!(
            texts("1.5e-3.x .5 0xE-1 1_000 ?12 :a @b $c::d"),
            ["1.5e-3", ".", "x", ".5", "0xE", "-", "1", "1_000", "?12", ":a", "@b", "$c", ":", ":d"]
        );
    }

    #[test]
    fn letters_of_any_script_are_part_of_a_name() {
        assert_eq!(texts("größe.日本"), ["größe", ".", "日本"]);
    }
}
