//! A server with data, the programs under test, and a folder to work in.

use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::MetadataCommand;
use test_servers::{Database, Postgres, PostgresOptions, install};

use super::Answer;
use super::measured::{self, Cost};
use crate::cargo::{cargo, in_workspace, succeed};
use crate::notice;

pub(super) struct Lab {
    /// Dropped before the server that it is in.
    pub(super) database: Database,
    server: Postgres,
    root: PathBuf,
    programs: PathBuf,
}

impl Lab {
    /// Builds the programs and starts the server.
    pub(super) fn open() -> Answer<Self> {
        install::postgres(&notice)?;
        println!("Building data-sync as it is released …");
        // Together: one after the other they would be built with different features, and anew each time.
        succeed(&mut cargo(["build", "--release", "--package", "sync-runner", "--package", "benches"]))?;
        let metadata = MetadataCommand::new().current_dir(test_servers::workspace_root()).no_deps().exec()?;
        let target = metadata.target_directory.into_std_path_buf();
        let root = target.join("bench");
        std::fs::create_dir_all(&root)?;
        let options = PostgresOptions::new().setting("shared_buffers", "512MB").setting("max_wal_size", "4GB");
        let server = Postgres::start(&options.setting("autovacuum", "off"))?;
        let database = server.database()?;
        Ok(Self { database, server, root, programs: target.join("release") })
    }

    /// Where files may be left.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn fill(&self, table: &str, rows: u64) -> Answer<()> {
        println!("Making {rows} rows of {table} …");
        let sql = match table {
            "orders" => include_str!("orders.sql"),
            "narrow" => include_str!("narrow.sql"),
            "wide" => include_str!("wide.sql"),
            other => return Err(format!("there is no table {other}; there are orders, narrow and wide").into()),
        };
        let shared = "SELECT to_regprocedure('pick(bigint, int, bigint)') IS NOT NULL";
        if self.database.query(shared)? == "f" {
            self.database.execute(include_str!("pick.sql"))?;
        }
        self.database.execute(&format!("DROP TABLE IF EXISTS {table}; DROP FUNCTION IF EXISTS fill_orders"))?;
        Ok(self.database.execute(&sql.replace(":rows", &rows.to_string()))?)
    }

    /// Runs programs side by side, the output of each going into the next.
    pub(super) fn run(&self, commands: &mut [Command]) -> Answer<Cost> {
        measured::run(self.server_process()?, commands)
    }

    pub(super) fn server_process(&self) -> Answer<u32> {
        let file = self.server.data_folder()?.join("postmaster.pid");
        let text = std::fs::read_to_string(file)?;
        Ok(text.lines().next().unwrap_or_default().trim().parse()?)
    }

    /// A folder of this name with a configuration, and nothing else in it.
    pub(super) fn folder(&self, name: &str, configuration: &str) -> Answer<PathBuf> {
        let folder = self.root.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        self.configure(&folder, configuration)?;
        Ok(folder)
    }

    pub(super) fn configure(&self, folder: &Path, configuration: &str) -> Answer<()> {
        self.write_configuration(folder, configuration, "enabled = false")
    }

    /// For a program that answers at this port.
    pub(super) fn configure_served(&self, folder: &Path, configuration: &str, port: u16) -> Answer<()> {
        self.write_configuration(folder, configuration, &format!("listen = \"127.0.0.1:{port}\""))
    }

    fn write_configuration(&self, folder: &Path, configuration: &str, http: &str) -> Answer<()> {
        let url = self.database.url();
        let text = format!("{configuration}\n[source]\nurl = \"{url}\"\n[http]\n{http}\n");
        Ok(std::fs::write(folder.join("data-sync.toml"), text)?)
    }

    /// `data-sync` in a folder.
    pub(super) fn data_sync(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join("data-sync"));
        command.args(arguments).current_dir(folder).env_remove("RUST_LOG");
        command
    }

    /// Our program of stages alone: what feeds SQLite from memory, and what drains MySQL's driver.
    pub(super) fn feeder(&self) -> Command {
        let mut command = Command::new(self.programs.join("benches"));
        in_workspace(&mut command);
        command
    }

    /// The server's own client.
    pub(super) fn psql(&self, sql: &str) -> Answer<Command> {
        let mut command = Command::new(test_servers::find_postgres()?.psql);
        command.args(["-X", "-q", "-d", &self.database.url(), "-c", sql]);
        Ok(command)
    }
}

/// How large a file is, in bytes; nothing where there is none.
pub(super) fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |found| found.len())
}
