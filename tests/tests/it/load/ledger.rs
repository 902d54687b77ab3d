//! Which states were committed, and in which order.

use std::collections::HashMap;

use crate::case::Case;

use super::watch::{Seen, Sightings};

/// Every committed state of every row of `torture`, with its place in the row's history. Rows are locked while they are written, so the
/// order in which states were written is the order in which they were committed.
pub(crate) struct Ledger {
    places: HashMap<Seen, i64>,
}

const LAST_OF_EACH_TRANSACTION: &str = "SELECT n, id, version FROM history
  WHERE n IN (SELECT max(n) FROM history GROUP BY tx, id) AND version IS NOT NULL";

impl Ledger {
    /// Reads the history, when all transactions have ended.
    pub(crate) fn read(case: &Case) -> Self {
        let history = case.ask(LAST_OF_EACH_TRANSACTION);
        let places = history.lines().map(|line| {
            let numbers: Vec<i64> = line.split('|').map(|number| number.parse().unwrap()).collect();
            ((i32::try_from(numbers[1]).unwrap(), numbers[2]), numbers[0])
        });
        Self { places: places.collect() }
    }

    /// Everything that was seen had been committed, and no row went back.
    pub(crate) fn assert_true(&self, sightings: &Sightings) {
        assert!(sightings.torn.is_empty(), "rows of parts that were never together: {:?}", sightings.torn);
        let mut newest: HashMap<i32, (i64, i64)> = HashMap::new();
        for seen @ (id, version) in &sightings.states {
            let Some(place) = self.places.get(seen) else {
                panic!("row {id} was seen in version {version}, never committed")
            };
            if let Some((before, known)) = newest.insert(*id, (*place, *version)) {
                assert!(before < *place, "row {id} went back from version {known} to {version}");
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
}

#[test]
#[should_panic(expected = "row 1 went back from version 20 to 10")]
fn a_row_that_goes_back_is_noticed() {
    let ledger = Ledger { places: HashMap::from([((1, 10), 1), ((1, 20), 2)]) };
    ledger.assert_true(&Sightings { states: vec![(1, 10), (1, 20), (1, 10)], ..Sightings::default() });
}

#[test]
#[should_panic(expected = "row 2 was seen in version 10, never committed")]
fn a_state_that_was_never_committed_is_noticed() {
    let ledger = Ledger { places: HashMap::from([((1, 10), 1)]) };
    ledger.assert_true(&Sightings { states: vec![(1, 10), (2, 10)], ..Sightings::default() });
}
