//! The command line of a server: no file of the machine has a say.

use std::path::Path;

use super::Transactions;
use crate::{MysqlFamily, MysqlTools, TlsFiles};

/// Everything but the port, for a server whose data are in the folder `data` beside its other files.
pub(super) fn of_server(
    tools: &MysqlTools,
    folder: &Path,
    tls: Option<&TlsFiles>,
    transactions: Transactions,
) -> Vec<String> {
    let mut arguments = common(tools, &folder.join("data"));
    let file = |name: &str| folder.join(name).display().to_string();
    arguments.extend([format!("--pid-file={}", file("pid")), format!("--init-file={}", file("init.sql"))]);
    // A server that starts removes what others have in a shared one.
    arguments.push(format!("--tmpdir={}", file("tmp")));
    arguments.extend(EVERY_SERVER.map(str::to_owned));
    let (family, performance_schema) = (tools.family, transactions == Transactions::Visible);
    arguments.extend(match family {
        MysqlFamily::Mariadb => MARIADB.map(str::to_owned).to_vec(),
        MysqlFamily::Mysql => MYSQL.map(str::to_owned).to_vec(),
    });
    arguments.push(format!("--performance-schema={}", if performance_schema { "ON" } else { "OFF" }));
    if performance_schema {
        arguments.extend(TRANSACTIONS.map(str::to_owned));
    }
    if let Some(tls) = tls {
        let named = [("ca", tls.ca()), ("cert", tls.certificate()), ("key", tls.key())];
        arguments.extend(named.map(|(name, path)| format!("--ssl-{name}={}", path.display())));
    }
    arguments
}

/// What every start of the program needs: for the making of the data, too.
pub(super) fn common(tools: &MysqlTools, data: &Path) -> Vec<String> {
    let mut arguments = vec!["--no-defaults".to_owned(), format!("--datadir={}", data.display())];
    if let Some(root) = &tools.root {
        let file = |name: &str| root.join(name).display().to_string();
        let is_there = |name: &&str| root.join(name).is_dir();
        let share = ["usr/share/mariadb", "usr/share/mysql"].into_iter().find(is_there).unwrap_or("usr/share");
        arguments.extend([
            format!("--basedir={}", file("usr")),
            format!("--lc-messages-dir={}", file(share)),
            format!("--character-sets-dir={}", file(&format!("{share}/charsets"))),
            format!("--plugin-dir={}", file("usr/lib/mysql/plugin")),
        ]);
    }
    arguments
}

/// An empty socket is none: its path would have to be short, and nobody is to come in there.
const EVERY_SERVER: [&str; 15] = [
    "--socket=",
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--max-connections=300",
    "--max-allowed-packet=64M",
    "--character-set-server=utf8mb4",
    "--log-bin=binlog",
    "--binlog-format=ROW",
    "--binlog-row-image=FULL",
    "--binlog-row-metadata=FULL",
    "--sync-binlog=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-lock-wait-timeout=20",
    "--local-infile=ON",
];

const MARIADB: [&str; 4] = [
    "--debug-no-sync",
    "--innodb-log-file-size=16M",
    "--log-slave-updates=ON",
    // A replica of the tests is at its primary's heels, and notices at once when that one is back.
    "--slave-net-timeout=10",
];

const MYSQL: [&str; 5] = [
    "--mysqlx=OFF",
    "--secure-file-priv=",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--innodb-redo-log-capacity=32M",
];

const TRANSACTIONS: [&str; 3] = [
    "--performance-schema-instrument=transaction=ON",
    "--performance-schema-consumer-events-transactions-current=ON",
    "--performance-schema-consumer-events-statements-current=ON",
];
