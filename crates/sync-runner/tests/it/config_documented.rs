//! Every configuration that the documentation shows loads.

use sync_runner::config::DEFAULTS;

use crate::load::{Folder, load};

/// `default.toml` with its examples switched on.
fn all_settings() -> String {
    let on = DEFAULTS.lines().map(|line| match line.strip_prefix('#') {
        Some(example) if example.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => example,
        _ => line,
    });
    // One secret can be given in one way.
    let ways = [
        "password = ",
        "password_file",
        "url_env",
        "url_file",
        "token = ",
        "token_file",
        "read_token = ",
        "read_token_file",
    ];
    on.filter(|line| !ways.iter().any(|way| line.starts_with(way))).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_defaults_load_alone_and_with_every_example() {
    assert!(load(DEFAULTS).unwrap().sources.is_empty());
    let text = all_settings();
    let config = load(&text).unwrap();
    assert_eq!(config.sources[0].wanted.tables.len(), 2, "{text}");
    assert_eq!(config.sources[0].wanted.settings[0].settings.replica.as_deref(), Some("orders"));
}

#[test]
fn every_example_of_a_secret_loads() {
    for way in ["password = ", "password_file", "password_env"] {
        let example = DEFAULTS.lines().find_map(|line| line.strip_prefix('#').filter(|line| line.starts_with(way)));
        let config = load(&format!("[source]\nurl = \"x://\"\n{}\n", example.unwrap())).unwrap();
        assert_eq!(config.sources.len(), 1);
    }
}

#[test]
fn the_reference_page_shows_the_defaults_as_they_are() {
    let shown = blocks().into_iter().any(|block| block.trim() == DEFAULTS.trim());
    assert!(shown, "docs/configuration.md must have crates/sync-runner/default.toml as one of its blocks");
}

#[test]
fn every_block_of_the_pages_loads() {
    let blocks = blocks();
    assert!(blocks.len() > 5, "{}", blocks.len());
    for block in blocks {
        let folder = Folder::with(&block);
        folder.load(&[]).unwrap_or_else(|problems| panic!("{problems}\n{block}"));
    }
}

/// All blocks of configuration in the reference page and in this crate's own.
fn blocks() -> Vec<String> {
    let pages = ["../../docs/configuration.md", "README.md"]
        .map(|page| std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap());
    let parts = pages.iter().flat_map(|page| page.split("```toml\n").skip(1));
    parts.map(|part| part.split("```").next().unwrap_or_default().to_owned()).collect()
}
