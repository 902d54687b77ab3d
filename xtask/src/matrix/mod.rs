//! The same tests against every release of a server that can be had here; what came of it goes into `docs/compatibility.md`.

mod leg;
mod page;
mod suite;

use test_servers::install::RELEASES;

use crate::{Outcome, notice, test};

/// Runs the legs of these names, all of them if there are none.
pub(crate) fn run(only: &[String]) -> Outcome {
    let legs = leg::chosen(only)?;
    let nextest = test::nextest()?;
    let mut page = page::Page::read()?;
    let mut failed = Vec::new();
    for leg in legs {
        eprintln!("\n── {}", leg.name);
        match leg::run(leg, &nextest) {
            Ok(row) => {
                if !row.is_good() {
                    failed.push(leg.name);
                }
                page.set(leg.name, row);
            }
            Err(reason) => {
                notice(&format!("SKIPPED: {}. {reason}", leg.name));
                page.set(leg.name, page::Row::skipped(leg.name));
            }
        }
        // After each leg: what ran is kept, whatever comes after it.
        page.write()?;
    }
    eprintln!("\n{}", page.table());
    if failed.is_empty() { Ok(()) } else { Err(format!("tests fail on {}", failed.join(", ")).into()) }
}

/// The legs in the order of the page.
fn names() -> impl Iterator<Item = &'static str> {
    RELEASES.iter().map(|release| release.name)
}
