//! A table that was copied: changes in it, nothing at all, and a search that may not be skipped.

use std::path::Path;

use super::copy::rows_of;
use super::lab::Lab;
use super::measured::Cost;
use super::{Answer, BenchArguments, Figure};

const TABLE: &str = "followed";
/// Syncs of a table in which nothing changed, in one round.
const UNCHANGED: usize = 5;

pub(super) fn measure(lab: &Lab, arguments: &BenchArguments) -> Answer<Vec<Figure>> {
    let rows = rows_of("orders", arguments.scale);
    lab.fill("orders", rows)?;
    lab.database.execute(&format!("ALTER TABLE orders RENAME TO {TABLE}"))?;
    let folder = lab.folder("follow", &configuration(""))?;
    lab.run(&mut [lab.data_sync(&folder, &["sync"])])?;
    let changes = rows / 100;
    let figure = |work, rows, who| Figure::new(work, TABLE, rows, who);
    let mut changed = figure("scattered updates and inserts, one sync", 2 * changes, "data-sync sync");
    let mut unchanged = figure("nothing new, one sync", 0, "data-sync sync");
    let mut swept = figure("sweep of unchanged rows that may not be skipped", rows, "data-sync sync");
    let mut scanned = figure("sweep of unchanged rows that may not be skipped", rows, "PostgreSQL's bare scan");
    let mut polled = figure("nothing new, one poll in a running program", 0, "data-sync");
    let mut compared = figure("one delete, for which all keys are compared", rows, "data-sync sync");
    let mut ordered = figure("one delete, for which all keys are compared", rows, "PostgreSQL's bare scan of the keys");
    for round in 1..=arguments.rounds {
        println!("Following, round {round} of {} …", arguments.rounds);
        change(lab, changes)?;
        changed.costs.push(sync(lab, &folder)?);
        for _ in 0..UNCHANGED {
            unchanged.costs.push(sync(lab, &folder)?);
        }
        lab.configure(&folder, &configuration("max_skip = 0.001"))?;
        let cost = sync(lab, &folder)?;
        scanned.costs.push(scan(lab)?);
        swept.bound.extend(scanned.costs.last().map(|bare| bare.wall));
        swept.costs.push(cost);
        lab.configure(&folder, &configuration(""))?;
        polled.costs.push(poll(lab, &folder)?);
        lab.database.execute(&format!("DELETE FROM {TABLE} WHERE id = (SELECT min(id) FROM {TABLE})"))?;
        compared.costs.push(sync(lab, &folder)?);
        ordered.costs.push(
            lab.run(&mut [lab.psql(&format!("COPY (SELECT id FROM {TABLE} ORDER BY id) TO STDOUT (FORMAT binary)"))?])?,
        );
        compared.bound.extend(ordered.costs.last().map(|bare| bare.wall));
    }
    lab.database.execute(&format!("DROP TABLE {TABLE}"))?;
    Ok(vec![changed, unchanged, polled, swept, scanned, compared, ordered])
}

fn configuration(more: &str) -> String {
    format!("tables = [\"{TABLE}\"]\nindexes = false\n{more}")
}

fn sync(lab: &Lab, folder: &Path) -> Answer<Cost> {
    lab.run(&mut [lab.data_sync(folder, &["sync"])])
}

/// Updates rows all over the table, and adds as many.
fn change(lab: &Lab, changes: u64) -> Answer<()> {
    let sql = format!(
        "BEGIN;
         UPDATE {TABLE} SET total = total + 1, updated_at = clock_timestamp()
         WHERE id IN (SELECT pick(g, (random() * 1000)::int, (SELECT max(id) FROM {TABLE})) FROM generate_series(1, {changes}) g);
         INSERT INTO {TABLE} SELECT last + g, g, 'new', g / 100.0, 'one more', NULL, md5(g::text)::uuid, true,
             clock_timestamp(), clock_timestamp()
         FROM generate_series(1, {changes}) g, (SELECT max(id) AS last FROM {TABLE}) AS before;
         COMMIT"
    );
    Ok(lab.database.execute(&sql)?)
}

/// What the server needs to look at each row's transaction.
fn scan(lab: &Lab) -> Answer<Cost> {
    let sql = format!(
        "SELECT count(*) FROM {TABLE} WHERE age(xmin) BETWEEN 0 AND age(pg_snapshot_xmin(pg_current_snapshot())::xid)"
    );
    lab.run(&mut [lab.psql(&sql)?])
}

/// One poll, the median of many in one program.
fn poll(lab: &Lab, folder: &Path) -> Answer<Cost> {
    let mut program = lab.feeder();
    let answer = program.args(["poll", &lab.database.url(), TABLE]).arg(folder.join("polled.db")).output()?;
    if !answer.status.success() {
        return Err(format!("polling failed: {}", String::from_utf8_lossy(&answer.stderr)).into());
    }
    let told: serde_json::Value = serde_json::from_slice(&answer.stdout)?;
    let seconds = |key: &str| told[key].as_f64().ok_or_else(|| format!("the program told no {key}"));
    Ok(Cost { wall: seconds("wall")?, client: seconds("client")?, ..Cost::default() })
}
