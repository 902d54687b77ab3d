//! docs/errors.md: all that the program says when something is wrong, from the code that says it.

use std::collections::{BTreeMap, BTreeSet};

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
    Before each message stands its place: the key of the configuration, the table, the file or the server. What the program does by itself meanwhile\n\
    stands at the head of each section.\n";

/// The page as the code would have it.
pub(crate) fn page(files: &[TextFile]) -> String {
    let (mut sections, known) = (said(files), remedies());
    let mut text = HEAD.to_owned();
    for (kind, meaning) in SECTIONS {
        let Some(messages) = sections.remove(kind) else { continue };
        text.push_str(&format!("\n## `{kind}`\n\n{meaning}\n\n| it says | what to do |\n|---|---|\n"));
        for (message, hints) in messages {
            let own = hints.join("; or: ");
            let remedy = known.get(&(kind, message.as_str())).map_or(own.as_str(), |remedy| remedy);
            text.push_str(&format!("| {message} | {remedy} |\n"));
        }
    }
    text
}

/// Messages with nothing that says what to do, and remedies of what is said no more, or says it itself.
pub(crate) fn have_remedies(files: &[TextFile]) -> Vec<String> {
    let (said, known) = (said(files), remedies());
    let messages = said.iter().flat_map(|(kind, messages)| messages.iter().map(move |said| (kind.as_str(), said)));
    let bare: BTreeSet<_> = messages
        .filter(|(_, (_, hints))| hints.is_empty())
        .map(|(kind, (message, _))| (kind, message.as_str()))
        .collect();
    let without = bare.iter().filter(|said| !known.contains_key(*said));
    let without = without.map(|(kind, message)| {
        format!("{kind}: {message:?} says nothing of what to do: give it a hint, or a line in {REMEDIES_FILE}")
    });
    let idle = known.keys().filter(|said| !bare.contains(*said));
    let idle =
        idle.map(|(kind, message)| format!("{REMEDIES_FILE}: {kind}: {message:?} is said no more, or has a hint"));
    without.chain(idle).collect()
}

const REMEDIES_FILE: &str = "xtask/src/tidy/texts/remedies.txt";

/// What to do about messages whose hint would be no help where they are told, or which have no room for one.
fn remedies() -> BTreeMap<(&'static str, &'static str), &'static str> {
    let lines = include_str!("remedies.txt").lines().filter(|line| !line.starts_with('#'));
    let split = |line: &'static str| {
        let (said, remedy) = line.split_once(" => ")?;
        let (kind, message) = said.split_once(": ")?;
        Some(((kind, message), remedy))
    };
    lines.filter_map(split).collect()
}

/// By kind, the messages with their hints.
fn said(files: &[TextFile]) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut sections: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs") && is_product(&file.path) && !is_test(&file.path))
    {
        for Said { kind, messages, hints } in literals(&file.text, false).unwrap_or_default().said {
            let hints = hints.iter().map(|hint| shown(&hint.text, hint.is_format));
            let is_said = |hint: &String| hint.contains(' ') && hint.contains(char::is_alphabetic);
            let hints: Vec<String> = hints.filter(is_said).collect();
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
    sections
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
    fn a_message_without_a_remedy_is_found() {
        let code = file(
            "crates/a/src/lib.rs",
            "fn f() { Error::config(\"something\"); Error::config(\"another thing\").hint(\"write one\"); }",
        );
        let broken = have_remedies(&[code]);
        let (bare, idle): (Vec<_>, Vec<_>) = broken.iter().partition(|line| line.contains("says nothing"));
        assert!(bare.len() == 1 && bare[0].contains("config: \"something\""), "{bare:?}");
        assert_eq!(idle.len(), remedies().len(), "nobody says what these are for: {idle:?}");
    }

    #[test]
    fn an_old_page_is_found() {
        let code = file("crates/a/src/lib.rs", "fn f() { Error::config(\"something\") }");
        let files = [code.clone(), file(PAGE, &page(std::slice::from_ref(&code)))];
        assert!(is_current(&files).is_empty());
        assert_eq!(is_current(&[code]).len(), 1);
    }
}
