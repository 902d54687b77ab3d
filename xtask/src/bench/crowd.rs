//! A copy in a running program while 64 clients ask without a pause, against the same copy without them.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use super::copy::rows_of;
use super::lab::Lab;
use super::measured::{Cost, peak_megabytes};
use super::{Answer, BenchArguments, Figure};
use crate::notice;

const TABLE: &str = "orders";
const WORK: &str = "the copy again, in a running program that answers queries";
const CLIENTS: &str = "-c64";
/// Copies beside the clients, in one round; the clients stay for as long as those take.
const COPIES: usize = 2;

pub(super) fn measure(lab: &Lab, arguments: &BenchArguments) -> Answer<Vec<Figure>> {
    if Command::new("wrk").arg("-v").output().is_err() {
        notice("SKIPPED: wrk cannot be run, so there are no clients. Install the package wrk.");
        return Ok(Vec::new());
    }
    let rows = rows_of(TABLE, arguments.scale);
    lab.fill(TABLE, rows)?;
    let mut program = Program::start(lab)?;
    let mut alone = Figure::new(WORK, TABLE, rows, "data-sync, nobody asks");
    let mut beside = Figure::new(WORK, TABLE, rows, "data-sync, 64 clients ask without a pause");
    for round in 1..=arguments.rounds {
        println!("Copying beside clients, round {round} of {} …", arguments.rounds);
        let before = program.copy()?;
        let mut clients = Clients::start(&program, rows)?;
        let with: Vec<Cost> = (0..COPIES).map(|_| program.copy()).collect::<Answer<_>>()?;
        println!("{}", clients.stop()?);
        let after = program.copy()?;
        beside.bound.extend([before.wall, after.wall]);
        beside.costs.extend(with);
        alone.costs.extend([before, after]);
    }
    drop(program);
    lab.database.execute(&format!("DROP TABLE {TABLE}"))?;
    Ok(vec![alone, beside])
}

/// `data-sync run`, and what it says; stopped when it is dropped.
struct Program {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    folder: PathBuf,
    port: u16,
}

impl Program {
    /// Until the first copy is complete.
    fn start(lab: &Lab) -> Answer<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = lab.folder("crowd", "")?;
        lab.configure_served(&folder, &format!("tables = [\"{TABLE}\"]\nsync_interval = 3600\n"), port)?;
        let mut command = lab.data_sync(&folder, &["run", "--log-format", "json"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let log = child.stderr.take().ok_or("it has no stderr")?;
        let mut program = Self { child, log: BufReader::new(log).lines(), folder, port };
        program.until_copied()?;
        Ok(program)
    }

    /// Has the table copied anew.
    fn copy(&mut self) -> Answer<Cost> {
        let body = format!("{{\"table\": \"{TABLE}\"}}");
        let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
        connection.set_read_timeout(Some(Duration::from_secs(60)))?;
        write!(
            connection,
            "POST /resync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(format!("another copy was refused: {answer}").into());
        }
        Ok(Cost { wall: self.until_copied()?, peak: peak_megabytes(self.child.id()), ..Cost::default() })
    }

    /// How many seconds the copy took that ends next.
    fn until_copied(&mut self) -> Answer<f64> {
        for line in self.log.by_ref() {
            let line: Json = serde_json::from_str(&line?)?;
            if line["fields"]["message"] == "the copy is complete" {
                return line["fields"]["seconds"].as_f64().ok_or_else(|| format!("no time in {line}").into());
            }
        }
        Err("data-sync ended; see its log with --log-format human".into())
    }

    fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What is in its folder is of no use to anybody.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `wrk`, until it is stopped or dropped.
struct Clients(Child);

impl Drop for Clients {
    fn drop(&mut self) {
        // Where it was stopped, there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Clients {
    fn start(program: &Program, rows: u64) -> Answer<Self> {
        let script = program.folder().join("crowd.lua");
        std::fs::write(&script, include_str!("crowd.lua").replace("\"%d\"", &rows.to_string()))?;
        let mut command = Command::new("wrk");
        command.args(["-t2", CLIENTS, "-d600s", "--latency", "-s"]).arg(script);
        command.arg(format!("http://127.0.0.1:{}", program.port));
        Ok(Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?))
    }

    /// What they saw.
    fn stop(&mut self) -> Answer<String> {
        // As by Ctrl-C: it then tells what it counted.
        let process = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(process, rustix::process::Signal::INT)?;
        let mut said = String::new();
        self.0.stdout.take().ok_or("it has no stdout")?.read_to_string(&mut said)?;
        self.0.wait()?;
        let told = ["requests in", "Non-2xx", "Socket errors", "50%", "99%"];
        let lines: Vec<&str> = said.lines().filter(|line| told.iter().any(|part| line.contains(part))).collect();
        Ok(lines.join("\n"))
    }
}
