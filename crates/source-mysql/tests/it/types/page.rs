//! The part of `docs/types.md` that is MySQL's, the last one, written from the table of cases.

use std::fmt::Write;
use std::path::Path;

use sync_core::ValueKind;

use super::cases::{CASES, Case, Is, On};

/// The environment variable that has the page written anew.
const REWRITE: &str = "DATA_SYNC_REWRITE";

/// Where this part begins.
const START: &str = "\n## MySQL and MariaDB\n";

/// Values of a type that are shown.
const SHOWN: usize = 3;

#[test]
fn the_page_of_types_is_written_from_these_cases() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/types.md");
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let before = stored.find(START).map_or(stored.as_str(), |start| &stored[..start]);
    let page = format!("{before}{}", part());
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == page, "docs/types.md is stale: run {COMMAND}");
}

const COMMAND: &str = "cargo xtask codegen";

fn part() -> String {
    let mut part = format!("{START}\nEvery row here is checked against a real server, by the copy and by the poll.\n");
    let mut group = "";
    for case in CASES {
        if case.group != group {
            group = case.group;
            let _ = write!(part, "\n### {group}\n\n| type | in the replica | examples |\n|---|---|---|\n");
        }
        let _ = writeln!(part, "| {} | {}: {} | {} |", native(case), storage(case.form), case.holds, examples(case));
    }
    part += include_str!("page_end.md");
    part
}

fn native(case: &Case) -> String {
    let name = code(case.native);
    match case.on {
        On::Both => name,
        On::MariaDb(major, minor) => format!("{name}, MariaDB from {major}.{minor} on"),
        On::MySql(major, minor) => format!("{name}, MySQL from {major}.{minor} on"),
    }
}

fn storage(form: ValueKind) -> &'static str {
    match form {
        ValueKind::Integer => "INTEGER",
        ValueKind::Real => "REAL",
        ValueKind::Text => "TEXT",
        ValueKind::Bytes => "BLOB",
        other => panic!("{other:?}"),
    }
}

fn examples(case: &Case) -> String {
    let values =
        case.values.iter().filter_map(|(literal, is)| Some(format!("{} → {}", code(literal), code(&shown(*is)?))));
    values.take(SHOWN).collect::<Vec<_>>().join("<br>")
}

/// As SQLite's shell quotes it; nothing for what is too long.
fn shown(is: Is) -> Option<String> {
    Some(match is {
        Is::I(value) => value.to_string(),
        Is::R(value) if value != 0.0 && !(1e-5..1e16).contains(&value.abs()) => format!("{value:e}"),
        Is::R(value) => format!("{value:?}"),
        Is::T(text) if text.contains(['\n', '\t', '\u{1}']) => return None,
        Is::T(text) => format!("'{}'", text.replace('\'', "''")),
        Is::B(bytes) => format!("X'{}'", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>()),
        Is::S => return None,
    })
}

/// Inline code within a table.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}
