//! docs/errors.md: all that the program says when something is wrong, from the code that says it.

use std::collections::BTreeMap;

use super::literals::{Said, literals};
use super::{between_placeholders, is_product, is_test};
use crate::tidy::files::TextFile;

pub(crate) const PAGE: &str = "docs/errors.md";

/// What each section is about, in the order of the page: the kind of error, or the way it is told.
const SECTIONS: [(&str, &str); 12] = [
    (
        "config",
        "The configuration is wrong, or does not fit what is there. Nothing is tried again until it is changed.",
    ),
    ("denied", "A login, a right or a file mode is missing. It is tried again, more and more seldom."),
    (
        "unavailable",
        "A server, the network, a lock or room on the disk is missing for now. It is tried again by itself.",
    ),
    ("interrupted", "The server broke a read off. It is tried again at once."),
    ("schema", "A table is not what it was, or can't be synced as it is. It is planned anew."),
    (
        "value",
        "A value or a row can't be read or stored. The row is kept aside (`data-sync failed TABLE`), and the others go on.",
    ),
    ("expired", "The source can't go on from where the table was. It is copied anew by itself."),
    ("diverged", "The server may have gone back in time. Every row is compared by itself."),
    ("replaced", "Another server or database answers. Nothing is touched until somebody says what is right."),
    ("unsupported", "What is wanted can't be done with this source, table or query."),
    ("refused", "Answers of the endpoints to a request that is wrong."),
    ("logged", "What the log warns of besides. Where it names a table, the other tables go on."),
];

const HEAD: &str = "# Errors\n\n\
    What `data-sync` says when something is wrong, by its kind, with what to do; `…` stands for names and numbers. Written by `cargo\n\
    xtask codegen` from the code; left out is what is put together elsewhere than where the error is made: what a server or SQLite itself\n\
    says, such as a full disk or a lock, and what tells that a server went back in time. Those, and what a message means at greater length,\n\
    are in [operations](operations.md); exit codes stand there and in [configuration](configuration.md). A message of kind `internal` is\n\
    a bug: please report it with the log.\n\n\
    Before each message stands its place: the key of the configuration, the table, the file or the server. Where nothing is said of what to do, the\n\
    message says it itself, or what stands at the head of its section.\n";

/// The page as the code would have it.
pub(crate) fn page(files: &[TextFile]) -> String {
    let mut sections: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs") && is_product(&file.path) && !is_test(&file.path))
    {
        for Said { kind, messages, hints } in literals(&file.text, false).unwrap_or_default().said {
            let hints: Vec<String> = hints.iter().map(|hint| shown(&hint.text, hint.is_format)).collect();
            for message in messages {
                let message = shown(&message.text, message.is_format);
                if message.chars().filter(|c| c.is_alphabetic()).count() < MEANS_SOMETHING {
                    continue;
                }
                let known = sections.entry(kind.clone()).or_default().entry(message).or_default();
                known.extend(hints.iter().filter(|hint| !known.contains(hint)).cloned().collect::<Vec<_>>());
            }
        }
    }
    let mut text = HEAD.to_owned();
    for (kind, meaning) in SECTIONS {
        let Some(messages) = sections.remove(kind) else { continue };
        text.push_str(&format!("\n## `{kind}`\n\n{meaning}\n\n| it says | what to do |\n|---|---|\n"));
        for (message, hints) in messages {
            text.push_str(&format!("| {message} | {} |\n", hints.join("; or: ")));
        }
    }
    text
}

/// Letters of a message that are more than glue between values.
const MEANS_SOMETHING: usize = 6;

/// Whether the page says what the code says.
pub(crate) fn is_current(files: &[TextFile]) -> Vec<String> {
    let written = files.iter().find(|file| file.path == PAGE).map_or("", |file| file.text.as_str());
    if written == page(files) {
        Vec::new()
    } else {
        vec![format!("{PAGE} is not what the code says: cargo xtask codegen")]
    }
}

/// As a cell of a table.
fn shown(text: &str, is_format: bool) -> String {
    let text = if is_format { between_placeholders(text).join("…") } else { text.to_owned() };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*").replace('<', "\\<").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn each_message_stands_with_its_remedy() {
        let code = "fn f() { Error::config(format!(\"the file {x} is a|b\")).at(p).hint(\"name another\"); \
            Error::config(match a { A => \"first thing\", _ => \"second thing\" }); tracing::warn!(x, \"the log grows\"); \
            Refusal::bad_request(\"the body is empty\"); Error::value(format!(\"{x}: {y}\")) }";
        let text = page(&[file("crates/a/src/lib.rs", code), file("tests/a.rs", "Error::config(\"only in a test\")")]);
        for expected in [
            "| the file … is a\\|b | name another |",
            "| first thing |  |\n| second thing |  |",
            "## `refused`",
            "| the body is empty |  |",
            "| the log grows |  |",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("only in a test") && !text.contains("## `value`"), "{text}");
    }

    #[test]
    fn an_old_page_is_found() {
        let code = file("crates/a/src/lib.rs", "fn f() { Error::config(\"something\") }");
        let files = [code.clone(), file(PAGE, &page(std::slice::from_ref(&code)))];
        assert!(is_current(&files).is_empty());
        assert_eq!(is_current(&[code]).len(), 1);
    }
}
