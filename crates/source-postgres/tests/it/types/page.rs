//! The first part of `docs/types.md`, written from the table of cases; what follows is MySQL's.

use std::fmt::Write;
use std::path::Path;

use sync_core::ValueKind;

use super::cases::{CASES, Case, Is};

/// The environment variable that has the page written anew.
const REWRITE: &str = "DATA_SYNC_REWRITE";

/// Where the part of another source begins, which a test of that source writes.
const NEXT: &str = "\n## MySQL and MariaDB\n";

/// Values of a type that are shown.
const SHOWN: usize = 3;

#[test]
fn the_page_of_types_is_written_from_these_cases() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/types.md");
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let rest = stored.find(NEXT).map_or("", |start| &stored[start..]);
    let page = page() + rest;
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == page, "docs/types.md is stale: run {COMMAND}");
}

const COMMAND: &str = "cargo xtask codegen";

fn page() -> String {
    let mut page = format!(
        "<!-- Written by tests from their tables of cases, crates/source-*/tests/it/types/cases.rs: change these, and run `{COMMAND}`. -->\n\n{}",
        include_str!("page_top.md")
    );
    page += "\n## PostgreSQL\n\nEvery row here is checked against a real server, by the copy and by the poll.\n";
    let mut group = "";
    for case in CASES {
        if case.group != group {
            group = case.group;
            let _ = write!(page, "\n### {group}\n\n| type | in the replica | examples |\n|---|---|---|\n");
        }
        let _ = writeln!(page, "| {} | {}: {} | {} |", native(case), storage(case.form), case.holds, examples(case));
    }
    page += include_str!("page_end.md");
    page
}

fn native(case: &Case) -> String {
    match case.since {
        13 => code(case.native),
        since => format!("{}, from release {since} on", code(case.native)),
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
        Is::R(value) if value.is_infinite() => if value > 0.0 { "Inf" } else { "-Inf" }.to_owned(),
        Is::R(value) if value != 0.0 && !(1e-5..1e16).contains(&value.abs()) => format!("{value:e}"),
        Is::R(value) => format!("{value:?}"),
        Is::T(text) | Is::J(text) if text.contains(['\n', '\t', '\u{1}']) => return None,
        Is::T(text) | Is::J(text) => format!("'{}'", text.replace('\'', "''")),
        Is::B(bytes) => format!("X'{}'", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>()),
        Is::S => return None,
    })
}

/// Inline code within a table.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}
