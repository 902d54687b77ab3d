//! A thousand tables, small ones, against one.

use super::lab::Lab;
use super::{Answer, BenchArguments, Figure};

const TABLES: u64 = 1000;

pub(super) fn measure(lab: &Lab, arguments: &BenchArguments) -> Answer<Vec<Figure>> {
    let tables = ((TABLES as f64 * arguments.scale) as u64).max(2);
    // In pieces, as each table takes locks until its transaction ends.
    for first in (1..=tables).step_by(100) {
        let last = tables.min(first + 99);
        lab.database.execute(&format!(
            "DO $$ BEGIN FOR i IN {first}..{last} LOOP
                 EXECUTE format('CREATE TABLE many_%s (id bigint PRIMARY KEY, note text, updated_at timestamptz NOT NULL DEFAULT now())', i);
                 EXECUTE format('INSERT INTO many_%s SELECT g, ''note '' || g FROM generate_series(1, 10) g', i);
             END LOOP; END $$"
        ))?;
    }
    let name = format!("{tables} of 10 rows");
    let mut first = Figure::new("first copy of many tables", &name, 0, "data-sync sync");
    let mut unchanged = Figure::new("nothing new in many tables, one sync", &name, 0, "data-sync sync");
    let mut one = Figure::new("nothing new in one of them, one sync", "1 of 10 rows", 0, "data-sync sync");
    for round in 1..=arguments.rounds {
        println!("{tables} tables, round {round} of {} …", arguments.rounds);
        let settings = "readers = 8\n";
        let all = lab.folder("many", &format!("{settings}tables = [\"many_*\"]"))?;
        first.costs.push(lab.run(&mut [lab.data_sync(&all, &["sync"])])?);
        for _ in 0..2 {
            unchanged.costs.push(lab.run(&mut [lab.data_sync(&all, &["sync"])])?);
        }
        let single = lab.folder("single", &format!("{settings}tables = [\"many_1\"]"))?;
        lab.run(&mut [lab.data_sync(&single, &["sync"])])?;
        one.costs.push(lab.run(&mut [lab.data_sync(&single, &["sync"])])?);
    }
    Ok(vec![first, unchanged, one])
}
