//! The same tests against every release of a server that can be had here; what came of it goes into `docs/compatibility.md`.

mod leg;
mod page;
mod suite;

use test_servers::install::RELEASES;

use crate::{Outcome, cargo, notice};

/// Runs the legs of these names, all of them if there are none.
pub(crate) fn run(only: &[String]) -> Outcome {
    let releases = leg::chosen(only)?;
    let nextest = cargo::extension_path("nextest")?;
    let mut page = page::Page::read()?;
    let mut failed = Vec::new();
    for release in releases {
        let name = release.name;
        eprintln!("\n── {name}");
        let row = match leg::Leg::start(release) {
            Ok(leg) => leg.test(&nextest)?,
            Err(reason) => {
                notice(&format!("SKIPPED: {name}. {reason}"));
                page::Row::skipped(name)
            }
        };
        if !row.is_good() {
            failed.push(name);
        }
        page.set(name, row);
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
