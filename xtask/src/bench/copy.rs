//! The first copy of a table, beside its stages alone: the server drained, and SQLite fed from memory.

use std::path::{Path, PathBuf};

use super::lab::Lab;
use super::measured::Cost;
use super::peers::{self, Peer};
use super::{Answer, BenchArguments, Figure};

/// Whole tables in full size.
const SIZES: [(&str, u64); 3] = [("orders", 1_000_000), ("narrow", 5_000_000), ("wide", 100_000)];

/// The work's name in the figures.
pub(super) const COPY: &str = "copy";
pub(super) const NEW: &str = "data-sync, new file";
pub(super) const LIVE: &str = "data-sync, live file";
pub(super) const SERVER: &str = "PostgreSQL alone";
pub(super) const SQLITE_NEW: &str = "SQLite alone, new file";
pub(super) const SQLITE_LIVE: &str = "SQLite alone, live file";

pub(super) fn rows_of(table: &str, scale: f64) -> u64 {
    let full = SIZES.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows);
    ((full as f64 * scale) as u64).max(1)
}

pub(super) fn measure(lab: &Lab, arguments: &BenchArguments) -> Answer<Vec<Figure>> {
    lab.database.execute("CREATE TABLE IF NOT EXISTS tiny (id int PRIMARY KEY); INSERT INTO tiny VALUES (1)")?;
    let peers = if arguments.peers { peers::installed(lab)? } else { Vec::new() };
    let mut figures = Vec::new();
    for table in &arguments.tables {
        let rows = rows_of(table, arguments.scale);
        lab.fill(table, rows)?;
        figures.extend(copies(lab, table, rows, arguments.rounds, &peers)?);
    }
    Ok(figures)
}

/// All contenders in turn, so often.
pub(super) fn copies(lab: &Lab, table: &str, rows: u64, rounds: usize, peers: &[Peer]) -> Answer<Vec<Figure>> {
    let figure = |who: &str| Figure::new(COPY, table, rows, who);
    let mut figures: Vec<Figure> = [NEW, LIVE, SERVER, SQLITE_NEW, SQLITE_LIVE].map(figure).into();
    figures.extend(peers.iter().map(|peer| figure(&peer.name)));
    for round in 1..=rounds {
        println!("Copying {table}, round {round} of {rounds} …");
        for figure in &mut figures {
            let cost = match figure.who.as_str() {
                NEW => into_new_file(lab, table)?,
                LIVE => into_live_file(lab, table)?,
                SERVER => drained(lab, table)?,
                SQLITE_NEW => fed(lab, table, "new")?,
                SQLITE_LIVE => fed(lab, table, "live")?,
                name => match peers.iter().find(|peer| peer.name == name) {
                    Some(peer) => peer.copy(lab, table)?,
                    None => continue,
                },
            };
            figure.costs.push(cost);
        }
    }
    bound(&mut figures, std::thread::available_parallelism()?.get());
    Ok(figures)
}

/// Nothing can be quicker than the slower of its stages, nor than all its processor time on all processors.
fn bound(figures: &mut [Figure], cores: usize) {
    let runs = |figures: &[Figure], who: &str| -> Vec<Cost> {
        figures.iter().find(|figure| figure.who == who).map(|figure| figure.costs.clone()).unwrap_or_default()
    };
    let server = runs(figures, SERVER);
    for (ours, sqlite) in [(NEW, SQLITE_NEW), (LIVE, SQLITE_LIVE)] {
        let sqlite = runs(figures, sqlite);
        if let Some(figure) = figures.iter_mut().find(|figure| figure.who == ours) {
            let stages = server.iter().zip(&sqlite).zip(&figure.costs);
            figure.bound = stages.map(|((a, b), all)| a.wall.max(b.wall).max(all.over(cores))).collect();
        }
    }
}

fn into_new_file(lab: &Lab, table: &str) -> Answer<Cost> {
    let folder = lab.folder("copy", &format!("tables = [\"{table}\"]\nindexes = false"))?;
    let cost = lab.run(&mut [lab.data_sync(&folder, &["sync"])])?;
    removed(&folder, cost)
}

/// A file that readers may have open already.
fn into_live_file(lab: &Lab, table: &str) -> Answer<Cost> {
    let folder = lab.folder("copy", "tables = [\"tiny\"]")?;
    lab.run(&mut [lab.data_sync(&folder, &["sync"])])?;
    lab.configure(&folder, &format!("tables = [\"tiny\", \"{table}\"]\nindexes = false"))?;
    let cost = lab.run(&mut [lab.data_sync(&folder, &["sync"])])?;
    removed(&folder, cost)
}

fn drained(lab: &Lab, table: &str) -> Answer<Cost> {
    let sql = format!("COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT (FORMAT binary)");
    lab.run(&mut [lab.psql(&sql)?])
}

/// The feeder tells its own time: what it took to read the rows into memory is no part of it.
fn fed(lab: &Lab, table: &str, mode: &str) -> Answer<Cost> {
    let folder = lab.folder("fed", "")?;
    let mut feeder = lab.feeder();
    let answer = feeder.args(["feed", &lab.database.url(), table]).arg(file(&folder)).arg(mode).output()?;
    if !answer.status.success() {
        return Err(format!("the feeder failed: {}", String::from_utf8_lossy(&answer.stderr)).into());
    }
    let told: serde_json::Value = serde_json::from_slice(&answer.stdout)?;
    let seconds = |key: &str| told[key].as_f64().ok_or_else(|| format!("the feeder told no {key}"));
    removed(&folder, Cost { wall: seconds("wall")?, client: seconds("client")?, ..Cost::default() })
}

fn file(folder: &Path) -> PathBuf {
    folder.join("fed.db")
}

/// What a run left behind would only fill the disk.
fn removed(folder: &Path, cost: Cost) -> Answer<Cost> {
    std::fs::remove_dir_all(folder)?;
    Ok(cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_held_against_the_slower_stage_or_all_processors() {
        let figure = |who: &str, wall: f64, client: f64| {
            let mut figure = Figure::new(COPY, "t", 1, who);
            figure.costs.push(Cost { wall, client, ..Cost::default() });
            figure
        };
        let stages = |ours: f64| vec![figure(NEW, 2.0, ours), figure(SERVER, 1.0, 0.0), figure(SQLITE_NEW, 1.5, 1.5)];
        let mut slower = stages(1.0);
        bound(&mut slower, 2);
        assert_eq!(slower[0].bound, [1.5]);
        let mut busy = stages(3.8);
        bound(&mut busy, 2);
        assert_eq!(busy[0].bound, [1.9]);
    }
}
