//! The data of a new server is a copy of a template: `initdb` takes seconds, a copy does not.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PostgresOptions;
use crate::account::Account;
use crate::commands::{run, succeed};
use crate::folders::{self, InstanceFolder};
use crate::{Error, PostgresTools, Result, TlsFiles};

const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_level = logical
fsync = off
full_page_writes = off
max_connections = 200
max_prepared_transactions = 50
max_wal_senders = 10
max_replication_slots = 20
max_wal_size = 1GB
shared_buffers = 64MB
track_commit_timestamp = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
";

const LOGINS: &str = "
host all         postgres 127.0.0.1/32 trust
host replication postgres 127.0.0.1/32 trust
host all         all      127.0.0.1/32 scram-sha-256
";

const TLS: &str = "
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
";

/// A folder with new data for one server, and its certificates if it can do TLS.
pub(super) fn copy(
    servers: &Path,
    tools: &PostgresTools,
    options: &PostgresOptions,
) -> Result<(InstanceFolder, Option<TlsFiles>)> {
    let lock = folders::lock(servers)?;
    folders::sweep(servers);
    let tls = TlsFiles::in_folder(servers)?;
    let template = existing_or_new(servers, tools)?;
    let instance = InstanceFolder::create(servers, "postgres")?;
    drop(lock);
    let data = instance.path().join("data");
    succeed(Account::current()?.command("cp").arg("-Rp").arg(template.join("data")).arg(&data))?;
    let tls = template.join("tls").exists().then_some(tls);
    configure(&data, options, tls.as_ref())?;
    Ok((instance, tls))
}

fn existing_or_new(servers: &Path, tools: &PostgresTools) -> Result<PathBuf> {
    let template = servers.join(format!("template-postgres-{:016x}", key(tools)));
    if !template.exists() {
        let draft = servers.join("draft-postgres");
        let _ = fs::remove_dir_all(&draft);
        create(&draft, tools)?;
        fs::rename(&draft, &template).map_err(Error::doing("cannot keep the template"))?;
    }
    Ok(template)
}

fn key(tools: &PostgresTools) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&tools.bin, &tools.version, SETTINGS, LOGINS).hash(&mut hasher);
    hasher.finish()
}

fn create(folder: &Path, tools: &PostgresTools) -> Result<()> {
    let account = Account::current()?;
    fs::create_dir(folder).map_err(Error::doing(format!("cannot create {}", folder.display())))?;
    account.own(folder)?;
    let data = folder.join("data");
    succeed(
        account
            .command(tools.bin.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data),
    )?;
    append(&data, "postgresql.conf", SETTINGS)?;
    if has_statistics_of_statements(tools) {
        append(&data, "postgresql.conf", "shared_preload_libraries = 'pg_stat_statements'\n")?;
    }
    if can_tls(tools, &data)? {
        fs::write(folder.join("tls"), "").map_err(Error::doing("cannot write the template"))?;
    }
    Ok(())
}

fn configure(data: &Path, options: &PostgresOptions, tls: Option<&TlsFiles>) -> Result<()> {
    if let Some(tls) = tls {
        for (from, name) in [(tls.certificate(), "server.pem"), (tls.key(), "server.key")] {
            let to = data.join(name);
            fs::copy(&from, &to).map_err(Error::doing(format!("cannot copy {}", from.display())))?;
            Account::current()?.own(&to)?;
        }
        append(data, "postgresql.conf", TLS)?;
    }
    append(data, "postgresql.conf", &options.configuration())?;
    let logins = format!("{}\n{LOGINS}", options.logins.join("\n"));
    fs::write(data.join("pg_hba.conf"), logins).map_err(Error::doing("cannot write pg_hba.conf"))
}

/// Appending and overwriting keep the owner that `initdb` gave the file.
fn append(data: &Path, name: &str, text: &str) -> Result<()> {
    use std::io::Write;
    let path = data.join(name);
    let written = fs::OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(Error::doing(format!("cannot write {}", path.display())))
}

/// Some builds have no TLS and refuse the setting.
fn can_tls(tools: &PostgresTools, data: &Path) -> Result<bool> {
    let mut command = Account::current()?.command(tools.bin.join("postgres"));
    command.arg("-D").arg(data).args(["-c", "ssl=on", "-C", "ssl"]);
    Ok(run(&mut command)?.status.success())
}

fn has_statistics_of_statements(tools: &PostgresTools) -> bool {
    let answer = Command::new(tools.bin.join("pg_config")).arg("--pkglibdir").stdin(Stdio::null()).output();
    let folder = answer.map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned()).unwrap_or_default();
    ["so", "dylib"].iter().any(|ending| Path::new(&folder).join(format!("pg_stat_statements.{ending}")).is_file())
}
