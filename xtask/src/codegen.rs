//! Pages that are written from code: tests compare them, and write them anew when they are asked to.

use crate::cargo::{cargo, succeed};
use crate::{Outcome, tidy};

/// The tests, each with its package: the parts of `docs/types.md`.
const PAGES: [(&str, &str); 2] = [
    ("source-postgres", "the_page_of_types_is_written_from_these_cases"),
    ("source-mysql", "the_page_of_types_is_written_from_these_cases"),
];

/// Has the tests write their pages.
const REWRITE: &str = "DATA_SYNC_REWRITE";

pub(crate) fn run(check: bool) -> Outcome {
    for (package, test) in PAGES {
        let mut command = cargo(["test", "--quiet", "--package", package, "--test", "it", test]);
        if check {
            command.env_remove(REWRITE)
        } else {
            command.env(REWRITE, "1")
        };
        succeed(&mut command)?;
    }
    // Whether it is as it should be is one of tidy's rules.
    if check { Ok(()) } else { tidy::write_errors() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_that_write_pages_exist() {
        let sources = [
            ("source-postgres", include_str!("../../crates/source-postgres/tests/it/types/page.rs")),
            ("source-mysql", include_str!("../../crates/source-mysql/tests/it/types/page.rs")),
        ];
        for ((package, test), (crate_of_source, source)) in PAGES.into_iter().zip(sources) {
            assert!(package == crate_of_source && source.contains(&format!("fn {test}()")), "{package}: {test}");
            assert!(source.contains(&format!("\"{REWRITE}\"")));
        }
    }
}
