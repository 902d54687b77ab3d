//! Links between pages.

use super::files::TextFile;

/// Every relative link of a page leads to a file or folder of the repository.
pub(super) fn lead_somewhere(files: &[TextFile], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for page in files.iter().filter(|file| file.path.ends_with(".md")) {
        for target in targets(&page.text) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !resolved(&page.path, file).is_some_and(|path| exists(&path)) {
                broken.push(format!("{} links to {target}, which does not exist", page.path));
            }
        }
    }
    broken
}

/// The relative targets of `[text](target)` and `[name]: target`, outside of code.
fn targets(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if in_code {
            continue;
        }
        let prose = without_code(line);
        found.extend(prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next().map(str::to_owned)));
        let definition = prose.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        found.extend(definition.and_then(|(_, target)| target.split_whitespace().next().map(str::to_owned)));
    }
    found.retain(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"));
    found
}

/// Every second piece between backticks is code.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// `../b.md`, seen from `docs/a.md`, is `b.md`. Nothing if it leads out of the repository.
fn resolved(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> Vec<String> {
        let page = TextFile { path: path.into(), text: text.into() };
        lead_somewhere(&[page], &|path| ["README.md", "docs", "docs/a.md"].contains(&path))
    }

    #[test]
    fn a_link_to_nowhere_is_found() {
        assert_eq!(
            broken("docs/b.md", "see [a](a.md) and [c](c.md)"),
            ["docs/b.md links to c.md, which does not exist"]
        );
        assert_eq!(broken("README.md", "[up](../out.md), [two][x]\n\n[x]: docs/z.md").len(), 2);
    }

    #[test]
    fn other_links_and_code_are_left_alone() {
        let text = "[a](a.md#part \"title\") [b](https://x.org/y) [c](#here) [d](../README.md) [e](../docs/)\n\
                    `[not](a-link.md)`\n```\n[nor](this.md)\n```";
        assert_eq!(broken("docs/b.md", text), Vec::<String>::new());
    }
}
