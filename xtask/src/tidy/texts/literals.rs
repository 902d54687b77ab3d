//! The texts in a Rust file: those of errors, and those of tests.

use std::str::FromStr as _;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::hints::Named;

/// Functions of `Error` that take a message. Not `internal`: such an error says that what was proven is not so, and no test can make it.
const KINDS: [&str; 11] = [
    "config",
    "denied",
    "unavailable",
    "interrupted",
    "schema",
    "value",
    "expired",
    "diverged",
    "replaced",
    "unsupported",
    "new",
];

/// Methods that say something to whoever runs the program.
const METHODS: [&str; 4] = ["hint", "warning", "note", "bad_request"];

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Literals {
    pub(super) of_errors: Vec<Text>,
    pub(super) of_tests: Vec<String>,
    /// The texts of errors again, by the calls that make them.
    pub(super) said: Vec<Said>,
}

/// What one call says, and what the hints do that follow it.
#[derive(Debug)]
pub(super) struct Said {
    /// Of the error, or `refused` and `logged`.
    pub(super) kind: String,
    /// One, or one of several.
    pub(super) messages: Vec<Text>,
    pub(super) hints: Vec<Text>,
}

/// A text of an error.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) line: usize,
    pub(super) text: String,
    /// Whether braces in it are placeholders.
    pub(super) is_format: bool,
}

/// All of them; nothing for what is no Rust.
pub(super) fn literals(file: &str, is_test: bool) -> Option<Literals> {
    let tokens = TokenStream::from_str(file).ok()?;
    let (mut found, named) = (Literals::default(), Named::of(&tokens));
    found.walk(tokens, is_test, &named, &[]);
    Some(found)
}

impl Literals {
    /// `around`: the hints of the statement that this is a part of.
    fn walk(&mut self, tokens: TokenStream, in_test: bool, named: &Named, around: &[Text]) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut test_item = false;
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let for_test = is_cfg_test(&tokens[..index], group);
                    let test = in_test || test_item;
                    if !test && group.delimiter() == Delimiter::Parenthesis {
                        if says(&tokens[..index]) {
                            self.collect(group.stream(), false);
                        }
                        if let Some(kind) = kind(&tokens[..index]) {
                            let is_format = kind == LOGGED;
                            let messages = texts(group.stream(), is_format);
                            let own = named.hints(&tokens[..index], &tokens[index + 1..]);
                            let hints = if own.is_empty() { around.to_vec() } else { own };
                            self.said.push(Said { kind, messages, hints });
                        }
                    }
                    let own = named.of_statement(&tokens[..index], &tokens[index + 1..]);
                    self.walk(group.stream(), test, named, if own.is_empty() { around } else { &own });
                    // The item that follows the attribute ends with its body.
                    test_item = for_test || (test_item && group.delimiter() != Delimiter::Brace);
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => test_item = false,
                TokenTree::Literal(literal) if in_test || test_item => {
                    self.of_tests.extend(unquoted(&literal.to_string()));
                }
                _ => {}
            }
        }
    }

    /// All texts in the arguments of a call, but for calls within that are looked at by themselves.
    fn collect(&mut self, tokens: TokenStream, is_format: bool) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) if says(&tokens[..index]) && group.delimiter() == Delimiter::Parenthesis => {}
                TokenTree::Group(group) => {
                    let in_macro =
                        matches!(tokens[..index].last(), Some(TokenTree::Punct(sign)) if sign.as_char() == '!');
                    self.collect(group.stream(), is_format || in_macro);
                }
                TokenTree::Literal(literal) => {
                    let text = unquoted(&literal.to_string());
                    let line = literal.span().start().line;
                    self.of_errors.extend(text.map(|text| Text { line, text, is_format }));
                }
                _ => {}
            }
        }
    }
}

/// Whether these tokens end with the name of something that says its argument.
fn says(before: &[TokenTree]) -> bool {
    let [.., first, second, third, TokenTree::Ident(name)] = before else { return false };
    let name = name.to_string();
    let sign = |token: &TokenTree, sign: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign);
    if sign(third, '.') {
        return METHODS.contains(&name.as_str());
    }
    let of = |names: &[&str]| matches!(first, TokenTree::Ident(ident) if names.iter().any(|name| ident == name));
    let path = sign(second, ':') && sign(third, ':');
    path && (of(&["Error"]) && KINDS.contains(&name.as_str())
        || of(&["Refusal"]) && ["new", "bad_request"].contains(&&*name))
}

/// What stands for the kind of a message in the log.
const LOGGED: &str = "logged";

/// The kind of message that is made by what these tokens end with.
fn kind(before: &[TokenTree]) -> Option<String> {
    let text: String = before.iter().rev().take(5).rev().map(ToString::to_string).collect();
    let made = |of: &str| text.strip_suffix(of).is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()));
    let of_error = KINDS.iter().filter(|kind| **kind != "new").find(|kind| made(&format!("Error::{kind}")));
    if let Some(kind) = of_error {
        return Some((*kind).to_owned());
    }
    if made("Refusal::new") || made("Refusal::bad_request") {
        return Some("refused".to_owned());
    }
    (made("tracing::warn!") || made("tracing::error!")).then(|| LOGGED.to_owned())
}

pub(super) fn texts(arguments: TokenStream, is_format: bool) -> Vec<Text> {
    let mut found = Literals::default();
    found.collect(arguments, is_format);
    found.of_errors
}

/// `#[cfg(test)]`, of which this is the part in brackets.
fn is_cfg_test(before: &[TokenTree], group: &Group) -> bool {
    let sign = matches!(before.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
    sign && group.delimiter() == Delimiter::Bracket && group.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// What a string literal stands for; nothing for other literals.
pub(super) fn unquoted(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let inner = raw.trim_matches('#');
        return inner.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    }
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(character) = rest.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match rest.next()? {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '0' => text.push('\0'),
            'u' => {
                let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').filter(|c| *c != '_').collect();
                text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            'x' => {
                let digits: String = rest.by_ref().take(2).collect();
                text.push(char::from(u8::from_str_radix(&digits, 16).ok()?));
            }
            // A line that goes on: what the next begins with is left out.
            '\n' => rest = rest.as_str().trim_start().chars(),
            other => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        literals(text, false).unwrap().of_errors.into_iter().map(|text| text.text).collect()
    }

    #[test]
    fn texts_of_errors_are_those_in_the_calls_that_make_them() {
        let file = "fn f() { Error::denied(\"one\").at(\"place\").hint(format!(\"two {x}\")); g(\"three\"); \
            Err(sync_core::Error::config(match a { A => \"four\", _ => \"five\" })); Refusal::bad_request(\"six\"); \
            Error::value(Error::schema(\"seven\").to_string()); console.note(format_args!(\"eight\")) }";
        assert_eq!(errors(file), ["one", "two {x}", "four", "five", "six", "seven", "eight"]);
    }

    #[test]
    fn tests_are_told_apart() {
        let file = "#[cfg(test)]\nuse a;\nfn f() { Error::config(\"one\") }\n#[cfg(test)]\nmod tests { const A: &str = \"two\"; \
            fn t() { Error::config(\"three\") } }\nfn g() { Error::config(\"four\") }";
        assert_eq!(errors(file), ["one", "four"]);
        assert_eq!(literals(file, false).unwrap().of_tests, ["two", "three"]);
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(
            unquoted(
                r#""a\"b\\c\u{e9}\x41\
            d\n""#
            )
            .unwrap(),
            "a\"b\\cé\u{41}d\n"
        );
        assert_eq!(unquoted("r#\"a\\n\"b\"#").unwrap(), "a\\n\"b");
        assert_eq!(unquoted("12"), None);
    }
}
