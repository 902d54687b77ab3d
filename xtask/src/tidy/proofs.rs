//! What the pages for operators say is so: what is guaranteed is proven by tests that exist, and errors are those that are printed.

use std::collections::HashSet;

use super::files::TextFile;

const PAGE: &str = "docs/guarantees.md";
/// Other pages that name promises, where they are there.
const TUTORIAL: &str = "docs/writing-a-source.md";
const RUNBOOK: &str = "docs/operations.md";
const SETTINGS: &str = "crates/sync-runner/default.toml";

/// Each name in code with two underscores or more, if it is no setting, is that of a test, or of a promise of the kit.
pub(super) fn exist(files: &[TextFile]) -> Vec<String> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        return vec![format!("{PAGE} is missing: nobody knows what is guaranteed")];
    };
    let settings = files.iter().find(|file| file.path == SETTINGS).map_or("", |file| file.text.as_str());
    let known: HashSet<&str> = files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(names).collect();
    let tutorial = files.iter().find(|file| file.path == TUTORIAL);
    let missing = |page: &TextFile| -> Vec<String> {
        let claimed = claims(&page.text).into_iter().filter(|name| !settings.contains(name) && !known.contains(name));
        let sentence =
            |name| format!("{} names the proof {name}, which is no test and no promise of the kit", page.path);
        claimed.map(sentence).collect()
    };
    std::iter::once(page).chain(tutorial).flat_map(missing).collect()
}

/// Names in code, outside of blocks of it.
fn claims(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|text| text.split('`').skip(1).step_by(2)).filter(|code| is_name(code)).collect()
}

fn is_name(code: &str) -> bool {
    code.matches('_').count() >= 2
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Each error in a heading of the runbook is one that the program knows, part by part between its `…`.
pub(super) fn errors_are_said(files: &[TextFile]) -> Vec<String> {
    let Some(page) = files.iter().find(|file| file.path == RUNBOOK) else {
        return vec![format!("{RUNBOOK} is missing: nobody knows what to do about an error")];
    };
    let product = files.iter().filter(|file| file.path.ends_with(".rs") && file.path.contains("/src/"));
    let product: Vec<&str> = product.map(|file| file.text.as_str()).collect();
    let headings = page.text.lines().filter(|line| line.starts_with("### "));
    let errors = headings.flat_map(|heading| heading.split('`').skip(1).step_by(2));
    let parts = errors.flat_map(|error| error.split('…')).map(str::trim).filter(|part| !part.is_empty());
    let missing = parts.filter(|part| !product.iter().any(|text| text.contains(part)));
    missing.map(|part| format!("{RUNBOOK} has an error {part:?}, which the program never says")).collect()
}

/// Functions under `#[test]` or named for each server, and names of behaviours.
fn names(file: &TextFile) -> Vec<&str> {
    let lists = file.text.split("on_each_server!(").skip(1).filter_map(|rest| rest.split(')').next());
    let mut names: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    let mut is_test = false;
    for line in file.text.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = line.strip_prefix("name: \"").and_then(|rest| rest.split('"').next()) {
            names.push(name);
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            names.extend(rest.split('(').next());
            is_test = false;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_that_is_no_test_is_found() {
        let file = |path: &str, text: &str| TextFile { path: path.into(), text: text.into() };
        let code = file(
            "a.rs",
            "#[test]\nfn it_is_so_indeed() {}\nfn it_is_only_a_function() {}\n    name: \"it_is_promised_too\",\n#[tokio::test]\nasync fn it_waits_and_is_so() {}\n\
             on_each_server!(\n    it_is_so_here,\n    it_is_so_there,\n);",
        );
        let page = |text: &str| file(PAGE, text);
        let good = "`it_is_so_indeed`, `it_is_promised_too`, `it_waits_and_is_so`, `it_is_so_there`, with `max_delete_fraction` and `data-sync`";
        let settings = file(SETTINGS, "max_delete_fraction = 0.5");
        assert!(exist(&[page(good), code.clone(), settings]).is_empty());
        assert_eq!(
            exist(&[page("`it_is_only_a_function`"), code]),
            ["docs/guarantees.md names the proof it_is_only_a_function, which is no test and no promise of the kit"]
        );
        assert_eq!(exist(&[]).len(), 1);
    }

    #[test]
    fn an_error_that_nobody_says_is_found() {
        let file = |path: &str, text: &str| TextFile { path: path.into(), text: text.into() };
        let code = file("crates/a/src/lib.rs", "\"the disk {disk} is full\"");
        let page = file(RUNBOOK, "### `the disk … is full`\n### `the disk … is empty`\nsome `other code`");
        let expected = "docs/operations.md has an error \"is empty\", which the program never says";
        assert_eq!(errors_are_said(&[page, code]), [expected]);
        assert_eq!(errors_are_said(&[]).len(), 1);
    }
}
