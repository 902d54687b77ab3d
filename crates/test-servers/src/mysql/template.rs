//! The data of a new server is a copy of a template: to make them takes seconds, a copy does not.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use super::arguments;
use crate::account::Account;
use crate::commands::succeed;
use crate::folders::{self, InstanceFolder};
use crate::{Error, MysqlFamily, MysqlTools, Result, TlsFiles};

/// Run at every start, before anybody may connect; never replicated. A user without a name would shadow others.
const LOGINS: &str = "\
SET sql_log_bin = 0;
CREATE USER IF NOT EXISTS root@'127.0.0.1';
GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
DROP USER IF EXISTS ''@'localhost';
";

/// A folder with new data for one server, and the certificates of all servers.
pub(super) fn copy(servers: &Path, tools: &MysqlTools) -> Result<(InstanceFolder, TlsFiles)> {
    let lock = folders::lock(servers)?;
    folders::sweep(servers);
    let tls = TlsFiles::in_folder(servers)?;
    let template = existing_or_new(servers, tools)?;
    let instance = InstanceFolder::create(servers, "mysql")?;
    drop(lock);
    let data = instance.path().join("data");
    succeed(Account::current()?.command("cp").arg("-Rp").arg(template.join("data")).arg(&data))?;
    let temporary = instance.path().join("tmp");
    fs::create_dir(&temporary).map_err(Error::doing(format!("cannot create {}", temporary.display())))?;
    Account::current()?.own(&temporary)?;
    let logins = instance.path().join("init.sql");
    fs::write(&logins, LOGINS).map_err(Error::doing(format!("cannot write {}", logins.display())))?;
    Account::current()?.own(&logins)?;
    Ok((instance, tls))
}

fn existing_or_new(servers: &Path, tools: &MysqlTools) -> Result<PathBuf> {
    let template = servers.join(format!("template-mysql-{:016x}", key(tools)));
    if !template.exists() {
        let draft = servers.join("draft-mysql");
        let _ = fs::remove_dir_all(&draft);
        create(&draft, tools)?;
        fs::rename(&draft, &template).map_err(Error::doing("cannot keep the template"))?;
    }
    Ok(template)
}

fn key(tools: &MysqlTools) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&tools.server, &tools.version).hash(&mut hasher);
    hasher.finish()
}

fn create(folder: &Path, tools: &MysqlTools) -> Result<()> {
    let account = Account::current()?;
    fs::create_dir(folder).map_err(Error::doing(format!("cannot create {}", folder.display())))?;
    account.own(folder)?;
    let data = folder.join("data");
    let mut command = match tools.family {
        MysqlFamily::Mariadb => {
            let mut command = account.command(tools.program("mariadb-install-db")?);
            let without_password = "--auth-root-authentication-method=normal";
            command.args(arguments::common(tools, &data));
            command.args([without_password, "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=16M"]);
            command
        }
        MysqlFamily::Mysql => {
            let mut command = account.command(&tools.server);
            command.args(arguments::common(tools, &data)).args(["--initialize-insecure", "--mysqlx=OFF"]);
            command.arg("--innodb-redo-log-capacity=32M");
            command
        }
    };
    succeed(&mut command)?;
    // Its name among servers: each copy makes its own.
    let _ = fs::remove_file(data.join("auto.cnf"));
    Ok(())
}
