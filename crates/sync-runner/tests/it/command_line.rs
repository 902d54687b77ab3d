//! Arguments, exit codes, and where things are printed.

use crate::command::{folder, run, run_with};

const DEAD: &str = "tables = [\"users\"]\n[source]\nurl = \"postgres://app:hunter2@127.0.0.1:1/shop\"\n";

#[test]
fn the_help_tells_commands_and_exit_codes() {
    let folder = folder("");
    let ran = run(folder.path(), &["--help"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for word in [
        "check",
        "sync",
        "run",
        "status",
        "resync",
        "failed",
        "verify",
        "accept-deletes",
        "query",
        "print-config",
        "--config",
        "Exit codes",
        "130",
    ] {
        assert!(ran.stdout.contains(word), "{word}");
    }
    assert_eq!(run(folder.path(), &["--version"]).stdout, format!("data-sync {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let folder = folder("");
    for arguments in [&["bogus"][..], &["sync", "--bogus"], &["query"], &["--log-level", "loud", "sync"], &[]] {
        let ran = run(folder.path(), arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn the_config_is_found_before_and_after_the_command() {
    let folder = folder("batch_size = 0");
    std::fs::write(folder.path().join("other.toml"), "batch_size = 17\n").unwrap();
    for arguments in [["--config", "other.toml", "print-config"], ["print-config", "--config", "other.toml"]] {
        let ran = run(folder.path(), &arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("batch_size = 17\n"), "{}", ran.stdout);
    }
    let ran = run(folder.path(), &["print-config"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stderr, "error: data-sync.toml:1: batch_size: it must be a whole number from 1 to 1000000, not 0\n");
}

#[test]
fn the_environment_alone_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let ran =
        run_with(folder.path(), &["print-config"], &[("DATA_SYNC__SOURCE__URL", "postgres://app:hunter2@db/shop")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("[source]\nurl = \"postgres://app:***@db/shop\"\n"), "{}", ran.stdout);
    let ran = run(folder.path(), &["sync"]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: no file data-sync.toml here: there is no source; add [source] and below it \
         url = \"postgres://user@host/database\"\n"
    );
}

#[test]
fn all_problems_are_printed_one_a_line() {
    let folder = folder("sync_interval = \"soon\"\ntabels = []\n[source]\nurl = 5\n");
    let ran = run(folder.path(), &["check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr.lines().filter(|line| line.starts_with("error: data-sync.toml:")).count(),
        3,
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.lines().count(), 3);
}

#[test]
fn what_the_driver_refuses_has_its_line() {
    for (text, expected) in [
        (
            "[source]\nurl = \"oracle://db\"\n",
            "error: data-sync.toml:2: source.url: no driver serves \"oracle\"; known schemes: mariadb, mysql, postgres, postgresql\n",
        ),
        (
            "[source]\nurl = \"postgres://db/shop\"\ntabels = [\"a\"]\n",
            "error: data-sync.toml:3: source.tabels: there is no such setting; did you mean `tables`?\n",
        ),
        (
            "[source]\nurl = \"postgres://db/shop\"\nsslmod = \"require\"\n",
            "error: data-sync.toml:3: source.sslmod: there is no such setting; did you mean `sslmode`?\n",
        ),
    ] {
        let folder = folder(text);
        for command in ["check", "sync"] {
            let ran = run(folder.path(), &[command]);
            assert_eq!((ran.code, ran.stderr.as_str()), (2, expected), "{text}");
        }
        assert!(!folder.path().join("replica.db").exists());
    }
}

#[test]
fn a_source_that_is_not_there_has_a_code_of_its_own() {
    let folder = folder(DEAD);
    for command in ["check", "sync"] {
        let ran = run(folder.path(), &[command]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains("127.0.0.1"), "{}", ran.stderr);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"));
    }
}

#[test]
fn a_missing_secret_is_a_wrong_configuration() {
    let folder =
        folder("[source]\nurl = \"postgres://app@127.0.0.1:1/shop\"\ntables = [\"a\"]\npassword_file = \"secret\"\n");
    let ran = run(folder.path(), &["sync"]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: data-sync.toml:4: source.password_file: the file secret can't be read: No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_replica_without_a_folder_has_a_code_of_its_own() {
    let folder = folder(&format!("{DEAD}[sink]\npath = \"absent/replica.db\"\n"));
    let absent = "error: replica absent/replica.db: the folder absent does not exist;";
    for (command, hint) in [("check", "create it, or set sink.path"), ("sync", "create it, or choose another path")] {
        let ran = run(folder.path(), &[command]);
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{absent} {hint}\n")), "{}", ran.stderr);
    }
    std::fs::create_dir_all(folder.path().join("absent/replica.db")).unwrap();
    let ran = run(folder.path(), &["check"]);
    assert_eq!(ran.code, 4);
    let folder = "error: replica absent/replica.db: it is a folder; set sink.path to a file in it\n";
    assert!(ran.stderr.contains(folder), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_can_not_be_written_is_told() {
    let folder = folder("");
    let full = std::fs::File::create("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_data-sync"));
    let output = command.arg("print-config").current_dir(folder.path()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: standard output: it can't be written: No space left on device (os error 28)\n"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_sync_says_what_became_of_it() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        // A server that never answers; of its own each time, as a program may connect more than once.
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let url = format!("postgres://app@127.0.0.1:{port}/shop");
        let folder = folder(&format!("tables = [\"a\"]\n[source]\nurl = \"{url}\"\n"));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_data-sync"));
        command.arg("sync").current_dir(folder.path()).env_remove("RUST_LOG").stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        let _client = server.accept().unwrap();
        let kill = format!("kill -{signal} {}", child.id());
        assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.ends_with("interrupted; what was stored is kept, and the next sync goes on from there\n"),
            "{said}"
        );
    }
}

#[test]
fn logs_are_json_or_for_people() {
    let folder = folder("");
    let log = |arguments: &[&str]| {
        let ran = run(folder.path(), &[&["print-config"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stderr
    };
    assert_eq!(log(&[]), "");
    let event: serde_json::Value = serde_json::from_str(&log(&["--log-level", "info"])).unwrap();
    assert_eq!((&event["level"], &event["fields"]["file"]), (&"INFO".into(), &"data-sync.toml".into()));
    let line = log(&["--log-level", "info", "--log-format", "human"]);
    assert!(line.contains(" INFO ") && line.contains("file=\"data-sync.toml\"") && !line.contains('\x1b'), "{line}");
    let ran = run_with(folder.path(), &["print-config"], &[("RUST_LOG", "sync_runner=info")]);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn a_log_filter_that_makes_no_sense_is_only_warned_about() {
    let folder = folder("");
    let ran = run_with(folder.path(), &["print-config"], &[("RUST_LOG", "data_sync=loud")]);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.starts_with("warning: environment variable RUST_LOG is ignored: "), "{}", ran.stderr);
}

#[test]
fn a_time_zone_that_this_machine_lacks_is_not_replaced_in_silence() {
    let folder = folder("sync_times = \"0 3 * * *\"\n");
    let ran = run_with(folder.path(), &["print-config"], &[("TZ", "Mars/Olympus")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: data-sync.toml:1: sync_times: TZ=Mars/Olympus: this machine has no such time zone; set TZ to one that it has, such as \
         Europe/Vienna, or leave it out\n"
    );
    for zone in ["UTC", "CET-1CEST,M3.5.0,M10.5.0/3", ""] {
        let ran = run_with(folder.path(), &["print-config"], &[("TZ", zone)]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{zone}");
    }
}
