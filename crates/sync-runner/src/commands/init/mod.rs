//! `data-sync init`: a configuration that runs, from what a source has.

mod text;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use serde_json::json;
use sync_core::engine::inventory;
use sync_core::{EngineSource, Error, Registry, Wanted};

use crate::config::login_without_password;
use crate::console::Console;
use crate::exit::Exit;
use crate::interrupt;

/// Where the password is, beside the address.
const PASSWORD: &str = "DATA_SYNC_PASSWORD";
/// All tables, with a schema and without.
const ALL: [&str; 2] = ["*.*", "*"];

/// `output` is a file that is not there yet, or `-` for standard output.
pub(super) async fn run(registry: &Registry, console: &Console, url: &str, output: &Path) -> Exit {
    let written = tokio::select! {
        biased;
        exit = interrupt::signal() => return exit,
        written = init(registry, console, url, output) => written,
    };
    written.unwrap_or_else(|error| {
        console.error(&error);
        Exit::from(&error)
    })
}

async fn init(registry: &Registry, console: &Console, url: &str, output: &Path) -> Result<Exit, Error> {
    let to_file = output != Path::new("-");
    if to_file && output.symlink_metadata().is_ok() {
        return Err(there_is_one(output));
    }
    let login = login_without_password(url)?;
    let mut settings = json!({ "url": url });
    let password = std::env::var(PASSWORD).ok().filter(|_| !login.had_password);
    if let Some(password) = &password {
        settings["password"] = json!(password);
    }
    let source = registry.connect(settings).await.map_err(|error| error.at("--url"))?;
    let wanted = Wanted::tables(ALL.into_iter().map(str::parse).collect::<Result<Vec<_>, _>>()?);
    let sources = [EngineSource::new(source, wanted)];
    let found = inventory(&sources).await.into_iter().next();
    let found = found.unwrap_or_else(|| Err(Error::internal("the source gave no answer")))?;
    if found.plan.tables.is_empty() {
        let error = Error::denied("the login can read no table").at(found.identity.description());
        return Err(error.hint("run GRANT SELECT on those that it should, or correct the database in the URL"));
    }
    let text = text::config(&text::Found {
        url: &login.url,
        password_env: (login.had_password || password.is_some()).then_some(PASSWORD),
        default_schema: sources[0].source.capabilities().default_schema,
        inventory: &found,
    });
    if !to_file {
        console.line(text.trim_end());
        return Ok(Exit::Success);
    }
    write(output, &text)?;
    let (tables, file) = (found.plan.tables.len(), output.display());
    console.line(format_args!("{file} is written: {tables} tables of {}", found.identity.description()));
    if login.had_password {
        console.line(format_args!("next: export {PASSWORD}=…, which takes the place of the password in the URL"));
    }
    let other = output != Path::new(crate::config::DEFAULT_FILE);
    let config = if other { format!(" --config {file}") } else { String::new() };
    console.line(format_args!("next: data-sync check{config}, then data-sync run{config}"));
    Ok(Exit::Success)
}

fn write(output: &Path, text: &str) -> Result<(), Error> {
    let written = OpenOptions::new().write(true).create_new(true).open(output);
    written.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => there_is_one(output),
        _ => Error::config(format!("it can't be written: {error}"))
            .at(output.display().to_string())
            .hint("name another with --output"),
    })
}

fn there_is_one(output: &Path) -> Error {
    Error::config("there is a file of this name, and it is kept")
        .at(output.display().to_string())
        .hint("name another with --output, or print it with --output -")
}
