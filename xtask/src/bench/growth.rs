//! Ten times as many rows: the rows a second should stay what they are.

use super::copy::{copies, rows_of};
use super::lab::Lab;
use super::{Answer, BenchArguments, Figure};

pub(super) fn measure(lab: &Lab, arguments: &BenchArguments) -> Answer<Vec<Figure>> {
    let rows = rows_of("orders", arguments.scale);
    lab.database.execute("CREATE TABLE IF NOT EXISTS tiny (id int PRIMARY KEY)")?;
    let mut figures = Vec::new();
    for rows in [rows, 10 * rows] {
        lab.fill("orders", rows)?;
        let measured = copies(lab, "orders", rows, 1, &[])?;
        figures.extend(measured.into_iter().map(|figure| Figure { work: "growth", ..figure }));
    }
    Ok(figures)
}
