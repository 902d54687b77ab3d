//! Whatever the program can say when something is wrong is in a test, with its text.

mod allowed;
mod hints;
mod literals;
mod page;

use std::collections::HashSet;

use super::files::TextFile;
use allowed::ALLOWED;
use literals::{Literals, Text, literals};
pub(super) use page::{PAGE, have_remedies, is_current, page};

/// A run of text so long between two values tells an error from others.
const DISTINCT: usize = 10;

/// Pages whose answers a test compares with those of the program.
const TESTED_PAGES: [&str; 1] = ["docs/http.md"];

/// Sources and sinks in memory, which the program does not offer.
const REFERENCE: &str = "crates/sync-core/src/memory/";

/// Crates that only tests use.
const FOR_TESTS: [&str; 2] = ["crates/test-servers/", "crates/sync-testkit/"];

/// Each text of an error stands in some test, or is allowed not to, with a reason.
pub(super) fn are_tested(files: &[TextFile]) -> Vec<String> {
    let mut said: Vec<(&str, Text)> = Vec::new();
    let mut tested = String::new();
    let mut broken = Vec::new();
    for file in files {
        if TESTED_PAGES.contains(&file.path.as_str()) {
            push(&mut tested, &file.text);
        }
        if !file.path.ends_with(".rs") {
            continue;
        }
        let Some(Literals { of_errors, of_tests, .. }) = literals(&file.text, is_test(&file.path)) else {
            broken.push(format!("{} can't be read as Rust", file.path));
            continue;
        };
        of_tests.iter().for_each(|text| push(&mut tested, text));
        if is_product(&file.path) {
            said.extend(of_errors.into_iter().map(|text| (file.path.as_str(), text)));
        }
    }
    broken.extend(untested(&said, &tested));
    broken
}

fn untested(said: &[(&str, Text)], tested: &str) -> Vec<String> {
    let mut used = HashSet::new();
    let mut broken = Vec::new();
    for (path, Text { line, text, is_format }) in said {
        let Some(fragment) = fragment(text, *is_format) else { continue };
        if tested.contains(&fragment) {
            continue;
        }
        if let Some((allowed, _)) = ALLOWED.iter().find(|(allowed, _)| fragment.contains(allowed)) {
            used.insert(allowed);
            continue;
        }
        broken.push(format!("{path}:{line} says {fragment:?}, which stands in no test"));
    }
    let unused = ALLOWED.iter().filter(|(allowed, _)| !used.contains(allowed));
    broken.extend(
        unused.map(|(allowed, _)| format!("the allowed text {allowed:?} is said nowhere, or tested: remove it")),
    );
    broken
}

fn push(tested: &mut String, text: &str) {
    tested.push_str(text);
    tested.push('\0');
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.starts_with("tests/") || path.ends_with("/tests.rs")
}

fn is_product(path: &str) -> bool {
    path.starts_with("crates/")
        && path.contains("/src/")
        && !path.starts_with(REFERENCE)
        && !FOR_TESTS.iter().any(|crates| path.starts_with(crates))
}

/// The longest run without a placeholder, if it is long enough to be told from others.
fn fragment(text: &str, is_format: bool) -> Option<String> {
    let runs = if is_format { between_placeholders(text) } else { vec![text.to_owned()] };
    let longest = runs.into_iter().max_by_key(|run| run.chars().count())?;
    (longest.trim().chars().count() >= DISTINCT).then_some(longest)
}

/// `{name:?}` ends a run, `{{` is a brace.
fn between_placeholders(text: &str) -> Vec<String> {
    let mut runs = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let doubled = matches!(character, '{' | '}') && rest.peek() == Some(&character);
        if doubled {
            rest.next();
        } else if character == '{' {
            rest.by_ref().find(|character| *character == '}');
            runs.push(String::new());
            continue;
        }
        if let Some(run) = runs.last_mut() {
            run.push(character);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.into() }
    }

    fn broken(said: &str, tested: &str) -> Vec<String> {
        let files = [file("crates/a/src/lib.rs", said), file("crates/a/tests/it/main.rs", tested)];
        let broken = are_tested(&files);
        broken.into_iter().filter(|sentence| !sentence.starts_with("the allowed text")).collect()
    }

    #[test]
    fn a_text_without_a_test_is_found() {
        let said =
            "fn f() { Error::config(format!(\"the file {} does not exist at all\", 1)).hint(\"make it first\"); }";
        assert_eq!(
            broken(said, "const A: &str = \"make it first\";"),
            ["crates/a/src/lib.rs:1 says \" does not exist at all\", which stands in no test"]
        );
        assert!(
            broken(said, "fn t() { assert_eq!(e(), \"the file x does not exist at all; make it first\"); }").is_empty()
        );
    }

    #[test]
    fn what_stands_in_a_comment_or_in_code_is_no_test() {
        let said = "fn f() { Error::value(\"nobody looks at this\") }";
        assert_eq!(broken(said, "// nobody looks at this").len(), 1);
        assert_eq!(broken(&format!("{said}\nconst A: &str = \"nobody looks at this\";"), "").len(), 1);
        let tested = format!("{said}\n#[cfg(test)]\nmod tests {{ const A: &str = \"nobody looks at this\"; }}");
        assert!(broken(&tested, "").is_empty());
    }

    #[test]
    fn runs_end_at_placeholders() {
        assert_eq!(fragment("{place}: it is {found:?}, not what was meant", true).unwrap(), ", not what was meant");
        assert_eq!(fragment("write {{ name = {key:?} }} in full", true).unwrap(), "write { name = ");
        assert_eq!(fragment("{a} is {b}", true), None);
        assert_eq!(fragment("kept {as} it stands", false).unwrap(), "kept {as} it stands");
    }
}
