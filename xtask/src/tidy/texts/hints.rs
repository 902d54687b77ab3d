//! What is said of what to do: by the calls that follow the one that makes an error, or by those on the name that it was given.

use std::collections::HashMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::literals::{Text, texts, unquoted};

/// Texts that have a name in the file.
#[derive(Debug, Default)]
pub(super) struct Named(HashMap<String, Vec<Text>>);

impl Named {
    /// `const HINT: &str = "…";` and `let hint = "…";`, or `format!("…")`, wherever they stand.
    pub(super) fn of(tokens: &TokenStream) -> Self {
        let mut named = Self::default();
        named.find(tokens.clone());
        named
    }

    fn find(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.find(group.stream()),
                TokenTree::Ident(word) if word == "const" || word == "let" => {
                    let statement = &tokens[index + 1..];
                    let end = statement.iter().position(|token| is(token, ';')).unwrap_or(statement.len());
                    let (Some(TokenTree::Ident(name)), Some(equals)) =
                        (statement.first(), statement[..end].iter().position(|token| is(token, '=')))
                    else {
                        continue;
                    };
                    let value = text_of(&statement[equals + 1..end]);
                    self.0.entry(name.to_string()).or_default().extend(value);
                }
                _ => {}
            }
        }
    }

    /// The texts in the arguments of `hint`.
    fn texts(&self, arguments: TokenStream) -> Vec<Text> {
        if let [TokenTree::Ident(name)] = arguments.clone().into_iter().collect::<Vec<_>>().as_slice()
            && let Some(known) = self.0.get(&name.to_string())
        {
            return known.clone();
        }
        texts(arguments, false)
    }

    /// The hints that follow at once, `.at(…).hint(…)`, or else those on the name that is given by `let` in this statement: in the
    /// statements behind it.
    pub(super) fn hints(&self, before: &[TokenTree], after: &[TokenTree]) -> Vec<Text> {
        let chained = self.chained(after);
        if chained.is_empty() { self.of_statement(before, after) } else { chained }
    }

    /// Likewise, for something in the middle of a statement.
    pub(super) fn of_statement(&self, before: &[TokenTree], after: &[TokenTree]) -> Vec<Text> {
        let start = before.iter().rposition(|token| is(token, ';') || is_block(token)).map_or(0, |end| end + 1);
        let [TokenTree::Ident(word), TokenTree::Ident(name), ..] = &before[start..] else { return Vec::new() };
        if word != "let" {
            return Vec::new();
        }
        let name = name.to_string();
        let behind = after.iter().position(|token| is(token, ';')).map_or(after, |end| &after[end..]);
        let mut found = Vec::new();
        self.on_name(&name, behind, &mut found);
        found
    }

    fn chained(&self, mut after: &[TokenTree]) -> Vec<Text> {
        let mut found = Vec::new();
        while let [dot, TokenTree::Ident(name), TokenTree::Group(group), rest @ ..] = after {
            if !is(dot, '.') {
                break;
            }
            if name == "hint" {
                found.extend(self.texts(group.stream()));
            }
            after = rest;
        }
        found
    }

    /// Hints on this name, until it is given to something else.
    fn on_name(&self, name: &str, tokens: &[TokenTree], found: &mut Vec<Text>) {
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    self.on_name(name, &group.stream().into_iter().collect::<Vec<_>>(), found);
                }
                TokenTree::Ident(word) if word == name => {
                    if matches!(tokens[..index].last(), Some(TokenTree::Ident(word)) if word == "let") {
                        return;
                    }
                    found.extend(self.chained(&tokens[index + 1..]));
                }
                _ => {}
            }
        }
    }
}

/// The one text that a value is; nothing for what is put together.
fn text_of(value: &[TokenTree]) -> Vec<Text> {
    match value {
        [TokenTree::Literal(literal)] => {
            let line = literal.span().start().line;
            unquoted(&literal.to_string()).map(|text| Text { line, text, is_format: false }).into_iter().collect()
        }
        [TokenTree::Ident(format), bang, TokenTree::Group(group)] if format == "format" && is(bang, '!') => {
            texts(group.stream(), true)
        }
        _ => Vec::new(),
    }
}

fn is(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

#[cfg(test)]
mod tests {
    use super::super::literals::literals;

    fn remedies(code: &str) -> Vec<Vec<String>> {
        let said = literals(code, false).unwrap().said;
        said.into_iter().map(|said| said.hints.into_iter().map(|hint| hint.text).collect()).collect()
    }

    #[test]
    fn hints_are_found_wherever_they_are_given() {
        let code = "const OTHER: &str = \"one\"; fn f() { Error::config(\"a\").at(p).hint(OTHER) } \
            fn g() { let error = Error::config(\"b\").at(p); section.problem(error.hint(\"two\")); } \
            fn h() { let error = match x { A => Error::config(\"c\"), B => Error::config(\"d\") }; \
                if y { error.hint(\"three\") } else { error.hint(format!(\"four {z}\")) } } \
            fn i() { let hint = \"five\"; let refused = Error::config(\"e\"); refused.hint(hint).caused_by(e) } \
            fn j() { let error = Error::config(\"f\"); let error = other(); error.hint(\"six\") }";
        assert_eq!(
            remedies(code),
            [vec!["one"], vec!["two"], vec!["three", "four {z}"], vec!["three", "four {z}"], vec!["five"], vec![]]
        );
    }
}
