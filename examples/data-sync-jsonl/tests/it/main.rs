//! The command, as somebody types it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_data-sync-jsonl")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(ran: &Output) -> String {
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// A folder with one table, and a configuration for it.
fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("people.jsonl"), "{\"id\": 1, \"name\": \"Ada\"}\n{\"id\": 2, \"name\": \"Eve\"}\n")
        .unwrap();
    let url = format!("jsonl://{}", path.display());
    std::fs::write(path.join("data-sync.toml"), format!("tables = [\"people\"]\n[source]\nurl = \"{url}\"\n")).unwrap();
    folder
}

#[test]
fn every_command_knows_the_driver() {
    let shop = shop();
    assert!(said(&run(shop.path(), &["check"])).contains("people"));
    assert!(said(&run(shop.path(), &["sync"])).contains("copied"));
    let all = ["query", "--json", "SELECT id, name FROM people ORDER BY id"];
    let rows = "[\n  {\"id\":1,\"name\":\"Ada\"},\n  {\"id\":2,\"name\":\"Eve\"}\n]\n";
    assert_eq!(said(&run(shop.path(), &all)), rows);

    let mut file = std::fs::OpenOptions::new().append(true).open(shop.path().join("people.jsonl")).unwrap();
    writeln!(file, "{{\"id\": 2, \"name\": \"Eva\"}}").unwrap();
    said(&run(shop.path(), &["sync"]));
    assert_eq!(said(&run(shop.path(), &all)), rows.replace("Eve", "Eva"));
}

#[test]
fn init_writes_a_configuration_that_runs() {
    let shop = shop();
    std::fs::remove_file(shop.path().join("data-sync.toml")).unwrap();
    said(&run(shop.path(), &["init", "--url", &format!("jsonl://{}", shop.path().display())]));
    said(&run(shop.path(), &["check"]));
    said(&run(shop.path(), &["sync"]));
    let query = ["query", "--json", "SELECT name FROM tmp_people WHERE id = 2"];
    assert_eq!(said(&run(shop.path(), &query)), "[\n  {\"name\":\"Eve\"}\n]\n");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let shop = shop();
    std::fs::write(shop.path().join("data-sync.toml"), "tables = [\"people\"]\n[source]\nurl = \"jsonl:///nowhere\"\n")
        .unwrap();
    let ran = run(shop.path(), &["sync"]);
    assert!(!ran.status.success());
    let error = String::from_utf8_lossy(&ran.stderr);
    assert!(error.contains("/nowhere is no folder") && error.contains("write jsonl:///path/of/folder"), "{error}");
}
