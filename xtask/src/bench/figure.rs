//! What was measured, as text and as JSON.

use serde_json::{Value, json};

use super::machine::Machine;
use super::measured::Cost;

/// All runs of one thing.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) work: &'static str,
    pub(super) table: String,
    pub(super) rows: u64,
    pub(super) who: String,
    pub(super) costs: Vec<Cost>,
    /// In a copy: the slower stage's seconds, or all processor time spread over the processors, of each round.
    pub(super) bound: Vec<f64>,
}

impl Figure {
    pub(super) fn new(work: &'static str, table: &str, rows: u64, who: &str) -> Self {
        Self { work, table: table.to_owned(), rows, who: who.to_owned(), costs: Vec::new(), bound: Vec::new() }
    }

    /// The median of each part, by itself.
    pub(super) fn median(&self) -> Cost {
        let of = |part: fn(&Cost) -> f64| median(self.costs.iter().map(part).collect());
        Cost { wall: of(|c| c.wall), client: of(|c| c.client), server: of(|c| c.server), peak: of(|c| c.peak) }
    }

    /// How many times as long as the bound it took: the median over the rounds, as load comes and goes.
    pub(super) fn ratio(&self) -> Option<f64> {
        let ratios: Vec<f64> = self.costs.iter().zip(&self.bound).map(|(cost, bound)| cost.wall / bound).collect();
        (!ratios.is_empty()).then(|| median(ratios))
    }
}

pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        length if length % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

/// One line a figure, as Markdown.
pub(super) fn table<'a>(figures: impl IntoIterator<Item = &'a Figure>, cores: usize) -> String {
    let mut text = String::from(
        "| work | table | by | wall s | client CPU s | server CPU s | all CPU ÷ processors, s | peak MB | rows/s | × its bound |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for figure in figures {
        let cost = figure.median();
        let ratio = figure.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        let speed = if figure.rows == 0 { String::new() } else { format!("{:.0}", figure.rows as f64 / cost.wall) };
        let Figure { work, table, .. } = figure;
        let who = figure.who.replace('|', "\\|");
        let table = if figure.rows == 0 { table.clone() } else { format!("{table}, {} rows", figure.rows) };
        text.push_str(&format!(
            "| {work} | {table} | {who} | {:.3} | {:.2} | {:.2} | {:.2} | {:.0} | {speed} | {ratio} |\n",
            cost.wall,
            cost.client,
            cost.server,
            cost.over(cores),
            cost.peak
        ));
    }
    text
}

pub(super) fn json(figures: &[Figure], machine: &Machine) -> String {
    let cost =
        |cost: &Cost| json!({ "wall": cost.wall, "client": cost.client, "server": cost.server, "peak": cost.peak });
    let figure = |figure: &Figure| {
        json!({
            "work": figure.work, "table": figure.table, "rows": figure.rows, "by": figure.who, "bound": figure.bound,
            "runs": figure.costs.iter().map(cost).collect::<Vec<Value>>(),
        })
    };
    let all = json!({ "machine": machine.json(), "figures": figures.iter().map(figure).collect::<Vec<Value>>() });
    format!("{all:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(walls: &[f64], bound: &[f64]) -> Figure {
        let cost = |wall: &f64| Cost { wall: *wall, client: 1.0, server: 2.0, peak: 10.0 };
        Figure { costs: walls.iter().map(cost).collect(), bound: bound.to_vec(), ..Figure::new("copy", "t", 100, "we") }
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        // Every round was as good as the next, though the load was not.
        assert_eq!(figure(&[1.0, 4.0, 2.0], &[1.0, 4.0, 2.0]).ratio(), Some(1.0));
        assert_eq!(figure(&[1.0], &[]).ratio(), None);
        assert_eq!(figure(&[1.0, 4.0, 2.0], &[]).median().wall, 2.0);
        assert_eq!(median(vec![1.0, 3.0]), 2.0);
    }

    #[test]
    fn a_line_says_all_of_it() {
        let text = table([&figure(&[2.0], &[1.0])], 2);
        assert!(
            text.ends_with("| copy | t, 100 rows | we | 2.000 | 1.00 | 2.00 | 1.50 | 10 | 50 | 2.00 |\n"),
            "{text}"
        );
    }
}
