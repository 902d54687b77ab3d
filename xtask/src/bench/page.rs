//! docs/benchmarks.md, with its plot.

use std::collections::BTreeSet;

use super::copy::COPY;
use super::figure::{self, Figure};
use super::machine::Machine;
use super::plot;
use crate::Outcome;

const PAGE: &str = "docs/benchmarks.md";
const PLOT: &str = "docs/benchmarks.svg";

pub(super) fn write(figures: &[Figure], machine: &Machine) -> Outcome {
    let root = test_servers::workspace_root();
    std::fs::write(root.join(PLOT), plot::svg(&bars(figures)))?;
    std::fs::write(root.join(PAGE), text(figures, machine))?;
    println!("written: {PAGE} and {PLOT}");
    Ok(())
}

/// The first table's copies, by their rows a second.
fn bars(figures: &[Figure]) -> Vec<(String, f64)> {
    let Some(first) = figures.iter().find(|figure| figure.work == COPY) else { return Vec::new() };
    let same = figures.iter().filter(|figure| figure.work == COPY && figure.table == first.table);
    same.map(|figure| (figure.who.clone(), figure.rows as f64 / figure.median().wall)).collect()
}

fn text(figures: &[Figure], machine: &Machine) -> String {
    let Machine { processor, cores, versions, date } = machine;
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench --page`, which makes the data, starts the servers and runs everything in turns; each figure is the\n\
         median of its runs. What the figures mean, and what to do about them, is in [performance.md](performance.md).\n\n\
         - Machine: {processor}, {cores} processors, shared with other work: compare processor seconds and ratios, not the clock.\n\
         - Versions: {}; SQLite is the one that data-sync brings along.\n- Date: {date}\n\n\
         ![Rows a second of each copy](benchmarks.svg)\n",
        versions.join(", ")
    );
    let mut seen = BTreeSet::new();
    for work in figures.iter().map(|figure| figure.work).filter(|work| seen.insert(*work)) {
        let heading = work[..1].to_uppercase() + &work[1..];
        let of_work = figures.iter().filter(|figure| figure.work == work);
        text.push_str(&format!("\n## {heading}\n\n{}", figure::table(of_work, *cores)));
    }
    text.push_str(
        "\n\"× its bound\" is the time by the clock over the longest of these, of the same round: each of the stages alone, and all\n\
         processor time of the copy spread over all processors. 1 would be perfect.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measured::Cost;

    #[test]
    fn each_work_has_its_table() {
        let figure = |work, who: &str| {
            let mut figure = Figure::new(work, "orders", 1000, who);
            figure.costs.push(Cost { wall: 0.5, ..Cost::default() });
            figure
        };
        let machine = Machine { processor: "P".into(), cores: 2, versions: vec!["V 1".into()], date: "D".into() };
        let figures = [figure(COPY, "a"), figure(COPY, "b"), figure("growth", "c")];
        let text = text(&figures, &machine);
        assert_eq!(text.matches("\n## ").count(), 2, "{text}");
        assert!(text.contains("P, 2 processors") && text.contains("- Date: D"), "{text}");
        assert_eq!(bars(&figures), [("a".to_owned(), 2000.0), ("b".to_owned(), 2000.0)]);
    }
}
