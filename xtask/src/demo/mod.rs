//! A shop that never rests, and its replica.

mod program;
mod shop;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use program::DataSync;
use shop::Shop;
use test_servers::{Database, Postgres, PostgresOptions, install};

use crate::{Outcome, notice};

/// What a reader of the replica might ask.
const QUERY: &str = "SELECT status, count(*) AS orders, round(sum(total), 2) AS turnover \
                     FROM tmp_orders GROUP BY status ORDER BY status";

/// Starts the shop, syncs it once, and goes on until Ctrl-C unless it is for `once`.
pub(crate) fn run(once: bool) -> Outcome {
    install::postgres(&notice)?;
    let program = DataSync::build(folder()?)?;
    println!("Starting a throwaway PostgreSQL with a small shop …");
    let server = Postgres::start(&PostgresOptions::new())?;
    let database = server.database()?;
    shop::fill(&database)?;
    program.configure(&configuration(&database))?;
    println!("The source:  {}, {} rows in {} tables", database.url(), shop::count(&database)?, shop::TABLES.len());
    std::thread::scope(|scope| {
        let shop = Shop::open(scope, &database);
        let outcome = show(&program, once);
        shop.close();
        outcome
    })
}

fn show(program: &DataSync, once: bool) -> Outcome {
    let start = Instant::now();
    program.sync()?;
    println!("The replica: {}, first synced in {:.1} s\n", program.replica(), start.elapsed().as_secs_f64());
    println!("{}\n{}", program.query_line(QUERY), program.query(QUERY)?);
    if once {
        return Ok(());
    }
    println!("The shop goes on; each line is a sync. Ctrl-C ends it, and the replica stays.\n");
    loop {
        let turn = Instant::now();
        program.sync()?;
        let took = turn.elapsed();
        println!("{:>5} s  {}  synced in {:.2} s", start.elapsed().as_secs(), program.freshness()?, took.as_secs_f64());
        std::thread::sleep(Duration::from_secs(1).saturating_sub(took));
    }
}

/// Empty: the replica of an earlier demo belongs to a server that is gone.
fn folder() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = test_servers::workspace_root().join("target/demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|reason| format!("cannot empty {}: {reason}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).map_err(|reason| format!("cannot create {}: {reason}", folder.display()))?;
    Ok(folder)
}

fn configuration(database: &Database) -> String {
    let tables: Vec<String> = shop::TABLES.iter().map(|table| format!("{:?}", table.source)).collect();
    format!(
        "tables = [{}]\n\n[source]\nurl = \"{}\"\n\n[sink]\npath = \"{}\"\n",
        tables.join(", "),
        database.url(),
        program::REPLICA
    )
}
