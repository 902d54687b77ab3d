//! Code in a tutorial that is cut from files is what stands in these files.

use super::files::TextFile;

const PAGES: [&str; 1] = ["docs/writing-a-source.md"];

/// Each block of code after a line that is a link to a file is found in this file, line by line.
pub(super) fn are_verbatim(files: &[TextFile]) -> Vec<String> {
    let mut broken = Vec::new();
    for page in PAGES {
        let Some(text) = files.iter().find(|file| file.path == page) else {
            broken.push(format!("{page} is missing: nobody knows how to write a source"));
            continue;
        };
        for Excerpt { path, code } in excerpts(&text.text) {
            let file = files.iter().find(|file| file.path == path);
            if !file.is_some_and(|file| holds(&file.text, &code)) {
                let first = code.first().copied().unwrap_or_default().trim();
                broken.push(format!("{page} shows code of {path} that is not there; it begins with {first:?}"));
            }
        }
    }
    broken
}

struct Excerpt<'a> {
    path: &'a str,
    code: Vec<&'a str>,
}

fn excerpts(page: &str) -> Vec<Excerpt<'_>> {
    let mut found = Vec::new();
    let mut source = None;
    let mut code: Option<Vec<&str>> = None;
    for line in page.lines() {
        match (&mut code, line.starts_with("```")) {
            (None, true) => code = Some(Vec::new()),
            (Some(_), true) => {
                let code = code.take().unwrap_or_default();
                found.extend(source.take().map(|path| Excerpt { path, code }));
            }
            (Some(lines), false) => lines.push(line),
            (None, false) if line.trim().is_empty() => {}
            (None, false) => source = linked_file(line),
        }
    }
    found
}

/// `[path](../path)`, and nothing else on the line.
fn linked_file(line: &str) -> Option<&str> {
    let (path, target) = line.strip_prefix('[')?.strip_suffix(')')?.split_once("](")?;
    (target.strip_prefix("../") == Some(path)).then_some(path)
}

fn holds(file: &str, code: &[&str]) -> bool {
    let lines: Vec<&str> = file.lines().collect();
    !code.is_empty() && lines.windows(code.len()).any(|window| window == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_is_not_in_its_file_is_found() {
        let file = |path: &str, text: &str| TextFile { path: path.into(), text: text.into() };
        let page = |code: &str| {
            file(PAGES[0], &format!("text\n\n[a/b.rs](../a/b.rs)\n\n```rust\n{code}\n```\n\n```\nfree\n```\n"))
        };
        let source = file("a/b.rs", "fn one() {\n    two();\n}\n");
        assert!(are_verbatim(&[page("fn one() {\n    two();"), source.clone()]).is_empty());
        assert_eq!(
            are_verbatim(&[page("fn one() {\n    three();"), source]),
            ["docs/writing-a-source.md shows code of a/b.rs that is not there; it begins with \"fn one() {\""]
        );
        assert_eq!(are_verbatim(&[]).len(), 1);
    }
}
