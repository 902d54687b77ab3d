//! What a sync costs, beside what each of its stages costs alone, and beside other tools.

mod copy;
mod crowd;
mod figure;
mod follow;
mod growth;
mod lab;
mod machine;
mod many;
mod mariadb;
mod measured;
mod page;
mod peers;
mod plot;

use clap::{Args, ValueEnum};

use crate::Outcome;
use figure::Figure;
use lab::Lab;
use machine::Machine;

type Answer<T> = Result<T, Box<dyn std::error::Error>>;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// The part of the full size of the tables: 1 makes 1 M `orders`, 5 M `narrow` and 100 k `wide`
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// How often each is run; the runs of all take turns
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["copy", "mariadb", "follow", "many", "crowd", "growth"])]
    works: Vec<Work>,
    /// The tables to copy
    #[arg(long, value_delimiter = ',', default_values = ["orders", "narrow", "wide"])]
    tables: Vec<String>,
    /// Other tools too, as far as they can be installed
    #[arg(long)]
    peers: bool,
    /// Write docs/benchmarks.md; else the figures are only printed, and kept as target/bench/figures.json
    #[arg(long)]
    page: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Work {
    /// The first copy of a table, beside its stages
    Copy,
    /// The first copy of `orders` from MariaDB
    Mariadb,
    /// Changes, and nothing at all, in a table that was copied
    Follow,
    /// A thousand tables
    Many,
    /// A copy beside clients that ask
    Crowd,
    /// Ten times as many rows
    Growth,
}

pub(crate) fn run(arguments: &BenchArguments) -> Outcome {
    let lab = Lab::open()?;
    let machine = Machine::seen(&lab)?;
    let kept = lab.root().join("figures.json");
    let mut figures: Vec<Figure> = Vec::new();
    for work in &arguments.works {
        figures.extend(match work {
            Work::Copy => copy::measure(&lab, arguments)?,
            Work::Mariadb => mariadb::measure(&lab, arguments)?,
            Work::Follow => follow::measure(&lab, arguments)?,
            Work::Many => many::measure(&lab, arguments)?,
            Work::Crowd => crowd::measure(&lab, arguments)?,
            Work::Growth => growth::measure(&lab, arguments)?,
        });
        // After each, as a later one may fail.
        std::fs::write(&kept, figure::json(&figures, &machine))?;
    }
    println!("\n{}", figure::table(&figures, machine.cores));
    println!("kept in {}", kept.display());
    if arguments.page { page::write(&figures, &machine) } else { Ok(()) }
}
