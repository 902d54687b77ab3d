//! A crate for a source, which compiles, keeps the kit's promises for an imitation, and says what to fill in.

use std::path::Path;

use crate::Outcome;

/// Each file of the crate and its text, in which names stand between double braces.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.txt")),
    ("README.md", include_str!("template/README.md.txt")),
    ("src/lib.rs", include_str!("template/lib.rs.txt")),
    ("src/reader.rs", include_str!("template/reader.rs.txt")),
    ("src/service.rs", include_str!("template/service.rs.txt")),
    ("tests/it.rs", include_str!("template/tests.rs.txt")),
];

/// Writes the crate `source-NAME` into this folder.
pub(crate) fn write(name: &str, parent: &Path) -> Outcome {
    check(name)?;
    let folder = parent.join(format!("source-{name}"));
    if folder.exists() {
        return Err(format!("{} is there already; choose another name or folder", folder.display()).into());
    }
    for (path, template) in FILES {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, filled(template, name))?;
    }
    std::fs::create_dir_all(folder.join(".cargo"))?;
    std::fs::write(folder.join(".cargo/config.toml"), of_this_checkout())?;
    println!("{} is a source of an imitation in memory, and keeps the promises of the kit.", folder.display());
    println!("`cargo test` there says so, against the crates of this checkout (.cargo/config.toml).");
    println!("Look for NEXT 1 to NEXT 7 in its files, in this order; docs/writing-a-source.md explains each step.");
    Ok(())
}

/// Lets the crate be built before the release that it depends on is published, and against changes that are not.
fn of_this_checkout() -> String {
    let patch = |name: &&str| format!("{name} = {{ path = {:?} }}\n", crates().join(name));
    let patches: String = super::FOR_A_SOURCE.iter().map(patch).collect();
    format!(
        "# The crates of the checkout that wrote this one. Delete this file to build against the published ones.\n\
         [patch.crates-io]\n{patches}"
    )
}

fn crates() -> std::path::PathBuf {
    test_servers::workspace_root().join("crates")
}

/// A name that may stand in a crate's name and in a URL's scheme.
fn check(name: &str) -> Outcome {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if plain && name.as_bytes().first().is_some_and(u8::is_ascii_lowercase) && !name.ends_with('-') {
        return Ok(());
    }
    Err(format!("{name:?} is no name for a source; take lower-case letters, digits and hyphens, such as \"mongo\"")
        .into())
}

fn filled(template: &str, name: &str) -> String {
    let type_name: String = name.split('-').map(capitalized).collect();
    template
        .replace("{{name}}", name)
        .replace("{{Name}}", &type_name)
        .replace("{{module}}", &name.replace('-', "_"))
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_placeholder_is_left() {
        for (path, template) in FILES {
            let text = filled(template, "my-service");
            assert!(!text.contains("{{"), "{path}");
        }
        assert!(filled("{{Name}} source_{{module}}", "my-service").eq("MyService source_my_service"));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        for name in ["", "Mongo", "a b", "-a", "a-", "1a", "a/../b"] {
            assert!(check(name).is_err(), "{name}");
        }
        check("mongo-2").unwrap();
    }
}
