//! Keeps tables of a database in a file and says how many rows they have: `embed URL FILE TABLE…`
#![expect(clippy::print_stdout, reason = "an application")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use embed::Replica;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, path, tables @ ..] = arguments.as_slice() else {
        return Err("write: embed URL FILE TABLE…".into());
    };
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let replica = Replica::start(url, Path::new(path), &tables, Duration::from_secs(1))?;
    loop {
        for table in &replica.status().borrow().tables {
            // The table appears when its first copy is complete.
            let count = format!("SELECT count(*) FROM \"{}\"", table.replica.replace('"', "\"\""));
            match replica.open()?.query_row(&count, [], |row| row.get::<_, i64>(0)) {
                Ok(rows) => println!("{}: {rows} rows", table.table),
                Err(_) => println!("{}: {}", table.table, table.phase.as_str()),
            }
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
