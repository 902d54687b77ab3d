//! The first copy of `orders` from MariaDB, beside the server alone and, with `--peers`, beside what its users would pick.

use std::path::PathBuf;
use std::process::Command;

use test_servers::{Mysql, MysqlDatabase, MysqlOptions, install};

use super::copy::{NEW, rows_of};
use super::lab::{self, Lab};
use super::measured::{self, Cost};
use super::{Answer, BenchArguments, Figure, peers};
use crate::notice;

const TABLE: &str = "orders";
const SERVER: &str = "MariaDB alone";
const PEER: &str = "mysql-to-sqlite3";

/// The second server, beside the lab's.
struct Mariadb<'l> {
    lab: &'l Lab,
    /// Dropped before the server that it is in.
    database: MysqlDatabase,
    server: Mysql,
}

pub(super) fn measure(lab: &Lab, arguments: &BenchArguments) -> Answer<Vec<Figure>> {
    install::mariadb(&notice)?;
    let server = Mysql::start(&MysqlOptions::new().setting("innodb-buffer-pool-size", "512M"))?;
    let mariadb = Mariadb { lab, database: server.database()?, server };
    let rows = rows_of(TABLE, arguments.scale);
    println!("Making {rows} rows of {TABLE} in MariaDB …");
    mariadb.database.execute(&include_str!("mariadb.sql").replace(":rows", &rows.to_string()))?;
    let peer = if arguments.peers { mariadb.peer() } else { None };
    let figure = |who: &str| Figure::new("copy from MariaDB", TABLE, rows, who);
    let (mut ours, mut alone) = (figure(NEW), figure(SERVER));
    let mut theirs = peer.as_ref().map(|(_, version)| figure(&format!("{PEER} {version}")));
    for round in 1..=arguments.rounds {
        println!("Copying {TABLE} from MariaDB, round {round} of {} …", arguments.rounds);
        let cost = mariadb.copied()?;
        let drained = mariadb.drained()?;
        ours.bound.push(drained.wall.max(cost.over(std::thread::available_parallelism()?.get())));
        ours.costs.push(cost);
        alone.costs.push(drained);
        if let (Some((program, _)), Some(figure)) = (&peer, &mut theirs) {
            figure.costs.push(mariadb.copied_by(program)?);
        }
    }
    Ok([Some(ours), Some(alone), theirs].into_iter().flatten().collect())
}

impl Mariadb<'_> {
    fn run(&self, command: Command) -> Answer<Cost> {
        let file = self.server.data_folder()?.with_file_name("pid");
        measured::run(std::fs::read_to_string(file)?.trim().parse()?, &mut [command])
    }

    fn copied(&self) -> Answer<Cost> {
        let folder = self.lab.folder("mariadb", "")?;
        let url = self.database.reader_url();
        let text =
            format!("tables = [\"{TABLE}\"]\nindexes = false\n[source]\nurl = \"{url}\"\n[http]\nenabled = false\n");
        std::fs::write(folder.join("data-sync.toml"), text)?;
        let cost = self.run(self.lab.data_sync(&folder, &["sync"]))?;
        std::fs::remove_dir_all(&folder)?;
        Ok(cost)
    }

    /// Everything over the protocol that a copy uses, in the order of the key, and encrypted as a copy is: the server offers it.
    fn drained(&self) -> Answer<Cost> {
        let url = format!("{}?require_ssl=true&verify_ca=false&verify_identity=false", self.database.reader_url());
        let mut drain = self.lab.feeder();
        drain.args(["drain", &url, &format!("SELECT * FROM {TABLE} ORDER BY id")]);
        self.run(drain)
    }

    /// The peer's program and its version; that it can't be had is said.
    fn peer(&self) -> Option<(PathBuf, String)> {
        match peers::environment(self.lab.root(), PEER, &[PEER]) {
            Ok((python, version)) => Some((python.with_file_name("mysql2sqlite"), version)),
            Err(reason) => {
                notice(&format!("SKIPPED: {PEER}. {reason}"));
                None
            }
        }
    }

    fn copied_by(&self, program: &PathBuf) -> Answer<Cost> {
        let folder = self.lab.folder("peer", "")?;
        let file = folder.join("peer.db");
        let mut command = Command::new(program);
        command.arg("-f").arg(&file).args(["-d", self.database.name(), "-u", "root", "-h", self.server.host()]);
        command.args(["-P", &self.server.port().to_string(), "-t", TABLE, "-q"]);
        let cost = self.run(command)?;
        let made = lab::size(&file);
        std::fs::remove_dir_all(&folder)?;
        if made == 0 { Err(format!("{PEER} left no file").into()) } else { Ok(cost) }
    }
}
