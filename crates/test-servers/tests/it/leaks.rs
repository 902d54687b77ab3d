//! A server must go with the process that started it, even if that process is killed.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use test_servers::{Mysql, MysqlOptions, Postgres, PostgresOptions};

const CHILD: &str = "TEST_SERVERS_LEAK_CHILD";

#[test]
fn a_server_goes_when_its_process_is_killed() {
    if std::env::var_os(CHILD).is_some() {
        let server = Postgres::start(&PostgresOptions::new()).unwrap();
        wait_to_be_killed(server.port(), &server.data_folder().unwrap());
    }
    goes_with_its_process("leaks::a_server_goes_when_its_process_is_killed");
}

#[test]
fn a_mysql_server_goes_when_its_process_is_killed() {
    if std::env::var_os(CHILD).is_some() {
        let server = Mysql::start(&MysqlOptions::new()).unwrap();
        wait_to_be_killed(server.port(), &server.data_folder().unwrap());
    }
    goes_with_its_process("leaks::a_mysql_server_goes_when_its_process_is_killed");
}

fn goes_with_its_process(test: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let started =
        lines.map_while(Result::ok).find_map(|line| line.split_once("started ").map(|(_, rest)| rest.to_owned()));
    let started = started.expect("the child must start a server");
    let (port, folder) = started.split_once(' ').unwrap();
    let (port, folder) = (port.parse::<u16>().unwrap(), Path::new(folder));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok() && folder.is_dir());

    child.kill().unwrap();
    child.wait().unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    let gone = || TcpStream::connect(("127.0.0.1", port)).is_err() && !folder.parent().unwrap().exists();
    while !gone() {
        assert!(Instant::now() < end, "the server or its data is still there");
        std::thread::yield_now();
    }
}

/// What these tests do when they are run by themselves.
#[expect(clippy::print_stdout, reason = "how the test above learns of the server")]
fn wait_to_be_killed(port: u16, data: &Path) -> ! {
    println!("started {port} {}", data.display());
    loop {
        std::thread::park();
    }
}
