//! Environment variables over the file, secrets from elsewhere, and paths.

use sync_runner::config::Config;

use crate::load::Folder;

const FILE: &str = "[source]\nurl = \"postgres://app@db/shop\"\ntables = [\"users\"]\n";

#[test]
fn variables_win_over_the_file_and_stay_text() {
    let config = Folder::with(FILE).load(&[
        ("DATA_SYNC__SOURCE__PASSWORD", "12345"),
        ("DATA_SYNC__SOURCE__PORT", "5433"),
        ("DATA_SYNC__SYNC_INTERVAL", "90s"),
        ("DATA_SYNC__BATCH_SIZE", "10"),
        ("DATA_SYNC__HTTP__ENABLED", "false"),
        ("DATA_SYNC__SOURCE__TABLES", "orders, audit.*"),
        ("DATA_SYNC__TABLE__ORDERS__ID_COLUMN", "n"),
    ]);
    let config = config.unwrap();
    let source = &config.sources[0];
    let settings = source.settings().unwrap();
    assert_eq!(settings["password"], "12345");
    assert_eq!(settings["port"], "5433");
    assert_eq!(source.wanted.defaults.sync_interval.unwrap().as_secs(), 90);
    assert_eq!(source.wanted.defaults.batch_size, Some(10));
    assert!(!config.http.enabled);
    let names: Vec<_> = source.wanted.tables.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["orders", "audit.*"]);
    assert_eq!(source.wanted.settings[0].settings.id_column.as_deref(), Some("n"));
}

#[test]
fn what_is_wrong_in_a_variable_names_it() {
    let variables =
        [("DATA_SYNC__SYNC_INTERVALL", "1"), ("DATA_SYNC__BATCH_SIZE", "x"), ("DATA_SYNC__SOURCE", "postgres://db")];
    assert_eq!(
        Folder::with(FILE).load(&variables).unwrap_err(),
        "environment variable DATA_SYNC__BATCH_SIZE: it must be a whole number from 1 to 1000000, not the text \"x\"\n\
         environment variable DATA_SYNC__SOURCE: it must be a section; write [source], and its settings below it\n\
         environment variable DATA_SYNC__SYNC_INTERVALL: there is no such setting; did you mean `sync_interval`?"
    );
}

#[test]
fn a_password_comes_from_a_variable_or_a_file() {
    let folder = Folder::with(&format!("{FILE}password_file = \"secret\"\n"));
    std::fs::write(folder.path().join("secret"), "hunter2\n").unwrap();
    let config = folder.load(&[]).unwrap();
    assert_eq!(config.sources[0].settings().unwrap()["password"], "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));

    // The one variable that every test run has.
    let config = Folder::with(&format!("{FILE}password_env = \"PATH\"\n")).load(&[]).unwrap();
    assert_eq!(config.sources[0].settings().unwrap()["password"], std::env::var("PATH").unwrap());

    let config = Folder::with("[source]\nurl_env = \"PATH\"\n").load(&[]).unwrap();
    assert_eq!(config.sources[0].settings().unwrap()["url"], std::env::var("PATH").unwrap());
}

#[test]
fn a_secret_that_is_not_there_is_missed_only_when_it_is_needed() {
    let folder = Folder::with(&format!("{FILE}password_env = \"DATA_SYNC_NO_SUCH_VARIABLE\"\n"));
    let error = folder.load(&[]).unwrap().sources[0].settings().unwrap_err();
    let place = folder.path().join("data-sync.toml");
    assert_eq!(
        error.to_string(),
        format!(
            "{}:4: source.password_env: the environment variable DATA_SYNC_NO_SUCH_VARIABLE is not set",
            place.display()
        )
    );
}

#[test]
fn the_environment_replaces_a_secret_that_the_file_sets_in_another_way() {
    let folder = Folder::with(&format!("{FILE}password_file = \"absent\"\n"));
    let config = folder.load(&[("DATA_SYNC__SOURCE__PASSWORD", "x")]).unwrap();
    assert_eq!(config.sources[0].settings().unwrap()["password"], "x");
    let config =
        Folder::with(&format!("{FILE}password = \"x\"\n")).load(&[("DATA_SYNC__SOURCE__PASSWORD_ENV", "PATH")]);
    assert_eq!(config.unwrap().sources[0].settings().unwrap()["password"], std::env::var("PATH").unwrap());
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let folder = Folder::with(FILE);
    assert_eq!(folder.load(&[]).unwrap().sink.path, folder.path().join("replica.db"));
    let config = folder.load(&[("DATA_SYNC__SINK__PATH", "/var/lib/x.db")]).unwrap();
    assert_eq!(config.sink.path, std::path::Path::new("/var/lib/x.db"));
}

#[test]
fn a_named_file_must_be_there_and_be_text() {
    let folder = Folder::with(FILE);
    let load = |name: &str| {
        let path = folder.path().join(name);
        let problems = Config::load(Some(&path), []).unwrap_err();
        assert_eq!(problems.len(), 1);
        problems[0].to_string().replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(
        load("absent.toml"),
        "absent.toml: the config file can't be read: No such file or directory (os error 2); name it with --config FILE"
    );
    std::fs::write(folder.path().join("latin1.toml"), b"# a\n# \xe4\n").unwrap();
    assert_eq!(load("latin1.toml"), "latin1.toml:2: it is not UTF-8");
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_refused() {
    let problems = Config::load(Some(std::path::Path::new("/dev/zero")), []).unwrap_err();
    assert_eq!(problems[0].to_string(), "/dev/zero: it is longer than 4194304 bytes, so it is no config file");
}
