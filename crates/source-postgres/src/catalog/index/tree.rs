//! An expression as the server keeps it in its catalog: `{OPEXPR :opno 521 :args ({VAR :varattno 2 …} …) :location 39}`.
//!
//! Asked for its SQL, the server would lock the table, and wait behind whoever changes it.

/// A part of an expression. What is not understood stays a word among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node<'a> {
    /// A name, and fields that each have some parts.
    Struct(&'a str, Vec<(&'a str, Vec<Node<'a>>)>),
    List(Vec<Node<'a>>),
    Word(&'a str),
    /// The bytes of a constant.
    Bytes(Vec<u8>),
}

/// How deep an expression may be nested.
const DEPTH: usize = 40;

/// Reads an expression; `None` where it is written otherwise than expected.
pub(super) fn parse(text: &str) -> Option<Node<'_>> {
    let mut tokens = Tokens(text);
    let node = node(&mut tokens, DEPTH)?;
    tokens.next().is_none().then_some(node)
}

impl<'a> Node<'a> {
    /// The fields of a node of this name.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Struct(name, _) if *name == wanted)
    }

    fn field(&self, wanted: &str) -> &[Node<'a>] {
        let Self::Struct(_, fields) = self else { return &[] };
        fields.iter().find(|(name, _)| *name == wanted).map_or(&[], |(_, parts)| parts)
    }

    /// A field that is one node.
    pub(super) fn child(&self, field: &str) -> Option<&Node<'a>> {
        self.field(field).first()
    }

    /// A field that is a list.
    pub(super) fn list(&self, field: &str) -> &[Node<'a>] {
        match self.child(field) {
            Some(Node::List(nodes)) => nodes,
            _ => &[],
        }
    }

    /// A field that is a word.
    pub(super) fn word(&self, field: &str) -> Option<&'a str> {
        match self.child(field)? {
            Node::Word(word) => Some(word),
            _ => None,
        }
    }

    /// A field that is a number.
    pub(super) fn number(&self, field: &str) -> Option<u32> {
        self.word(field)?.parse().ok()
    }

    /// A field that is the bytes of a constant, with their number before them.
    pub(super) fn bytes(&self, field: &str) -> Option<&[u8]> {
        match self.field(field) {
            [_, Node::Bytes(bytes)] => Some(bytes),
            _ => None,
        }
    }
}

fn node<'a>(tokens: &mut Tokens<'a>, depth: usize) -> Option<Node<'a>> {
    let depth = depth.checked_sub(1)?;
    match tokens.next()? {
        "{" => {
            let name = tokens.next()?;
            let mut fields: Vec<(&str, Vec<Node<'_>>)> = Vec::new();
            loop {
                match tokens.peek()? {
                    "}" => break,
                    token => match token.strip_prefix(':') {
                        Some(field) => fields.push((field, Vec::new())),
                        None => {
                            fields.last_mut()?.1.push(node(tokens, depth)?);
                            continue;
                        }
                    },
                }
                tokens.next();
            }
            tokens.next();
            Some(Node::Struct(name, fields))
        }
        "(" => until(tokens, ")", |tokens| node(tokens, depth)).map(Node::List),
        // Written as numbers with a sign.
        "[" => until(tokens, "]", |tokens| Some(tokens.next()?.parse::<i8>().ok()?.cast_unsigned())).map(Node::Bytes),
        "}" | ")" | "]" => None,
        word => Some(Node::Word(word)),
    }
}

fn until<'a, T>(
    tokens: &mut Tokens<'a>,
    end: &str,
    mut read: impl FnMut(&mut Tokens<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let mut found = Vec::new();
    while tokens.peek()? != end {
        found.push(read(tokens)?);
    }
    tokens.next();
    Some(found)
}

/// Brackets, and what stands between blanks and brackets. A backslash takes the next character for an ordinary one.
struct Tokens<'a>(&'a str);

impl<'a> Tokens<'a> {
    fn peek(&self) -> Option<&'a str> {
        Tokens(self.0).next()
    }

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let mut escaped = false;
        let is_end = |character: char| {
            let ends = !escaped && (character.is_ascii_whitespace() || "{}()[]".contains(character));
            escaped = character == '\\' && !escaped;
            ends
        };
        let end = match text.find(is_end) {
            Some(0) => 1,
            Some(end) => end,
            None => text.len(),
        };
        let (token, rest) = text.split_at(end);
        self.0 = rest;
        (!token.is_empty()).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_names() {
        let text = r"{OPEXPR :opno 521 :args ({VAR :varattno 2 :nulls (b)} {CONST :isnull false :value 4 [ -3 -1 0 127 ]}) :name \{odd\ \}}";
        let parsed = parse(text).unwrap();
        assert!(parsed.is("OPEXPR") && !parsed.is("VAR"));
        assert_eq!((parsed.number("opno"), parsed.word("name")), (Some(521), Some(r"\{odd\ \}")));
        let [column, constant] = parsed.list("args") else { panic!("{parsed:?}") };
        assert_eq!((column.number("varattno"), column.list("nulls").len()), (Some(2), 1));
        assert_eq!((constant.word("isnull"), constant.bytes("value")), (Some("false"), Some(&[253, 255, 0, 127][..])));
        assert_eq!((parsed.child("none"), parsed.bytes("opno"), parsed.number("args")), (None, None, None));
    }

    #[test]
    fn what_is_no_expression_is_none() {
        let deep = "(".repeat(100_000);
        for text in ["", "{", "{}", "{A", "{A b}", "{A :b", "(", ")", "[ 1000 ]", "[ x ]", "(} ", "a b", &deep] {
            assert_eq!(parse(text), None, "{}", &text[..text.len().min(20)]);
        }
        assert_eq!(parse(" word "), Some(Node::Word("word")));
    }
}
