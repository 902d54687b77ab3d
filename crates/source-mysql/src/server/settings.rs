//! What a session is told before it is used, and whether the server took it.

use std::collections::HashMap;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sync_core::{Error, Result};

use super::{Flavor, Server, supported};
use crate::error::from_server;
use crate::sql::quoted;

/// Settings that values and snapshots hang on, with what they must be. A proxy may swallow a SET.
const REQUIRED: [(&str, &str); 4] =
    [("time_zone", "+00:00"), ("sql_mode", ""), ("character_set_results", "utf8mb4"), ("autocommit", "ON")];

/// `transaction_isolation` has another name in older releases; a snapshot needs it to be this.
const ISOLATION: [&str; 2] = ["transaction_isolation", "tx_isolation"];

/// Asks who the server is, and makes the connection ready for any read.
pub(crate) async fn prepare(connection: &mut Conn) -> Result<Server> {
    const WHO: &str = "SELECT version(), @@version_comment, current_user()";
    let named: Option<(String, String, String)> = connection.query_first(WHO).await.map_err(from_server)?;
    let (version, comment, account) = named.unwrap_or_default();
    let flavor = Flavor::of(&version, &comment);
    supported(flavor, &version)?;
    connection.query_drop("SET NAMES utf8mb4").await.map_err(from_server)?;
    connection.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await.map_err(from_server)?;
    connection.query_drop(settings(flavor)).await.map_err(from_server)?;
    let found = variables(connection).await?;
    check(&found)?;
    Ok(Server { flavor, version, id: id(&found), account: quoted_account(&account) })
}

/// No limit that somebody set for everybody cuts a read short, and a lock in the way fails soon.
fn settings(flavor: Flavor) -> String {
    format!(
        "SET SESSION time_zone = '+00:00', sql_mode = '', autocommit = 1, completion_type = 0, sql_auto_is_null = 0, \
         sql_big_selects = 1, sql_select_limit = 18446744073709551615, lock_wait_timeout = 2, {}",
        flavor.no_limit()
    )
}

async fn variables(connection: &mut Conn) -> Result<HashMap<String, String>> {
    let names = REQUIRED.iter().map(|(name, _)| *name).chain(ISOLATION);
    let names = names.chain(["server_uuid", "server_uid", "server_id", "hostname", "port"]);
    let listed: Vec<String> = names.map(|name| format!("'{name}'")).collect();
    let statement = format!("SHOW SESSION VARIABLES WHERE Variable_name IN ({})", listed.join(", "));
    let found: Vec<(String, String)> = connection.query(statement).await.map_err(from_server)?;
    Ok(found.into_iter().collect())
}

fn check(found: &HashMap<String, String>) -> Result<()> {
    let isolation = ISOLATION.iter().find_map(|name| found.get(*name).map(|value| (*name, value, "REPEATABLE-READ")));
    let required = REQUIRED.iter().filter_map(|(name, value)| found.get(*name).map(|found| (*name, found, *value)));
    for (name, found, required) in required.chain(isolation) {
        if found != required {
            return Err(Error::unsupported(format!("a session has {name} = {found:?} although {required:?} was set"))
                .hint("connect to the server itself, or to a proxy that hands settings on"));
        }
    }
    Ok(())
}

/// The host stands behind the last `@`; a user may have one too.
fn quoted_account(account: &str) -> String {
    let (user, host) = account.rsplit_once('@').unwrap_or((account, "%"));
    format!("{}@{}", quoted(user), quoted(host))
}

/// What a release without an id of its own is known by.
fn id(found: &HashMap<String, String>) -> String {
    let text = |name: &str| found.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let own = text("server_uuid").or(text("server_uid")).map(str::to_owned);
    own.unwrap_or_else(|| {
        let part = |name| text(name).unwrap_or("?");
        format!("{}@{}:{}", part("server_id"), part("hostname"), part("port"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_setting_that_did_not_take_is_named() {
        let error = check(&found(&[("time_zone", "SYSTEM")])).unwrap_err().to_string();
        assert_eq!(
            error,
            "a session has time_zone = \"SYSTEM\" although \"+00:00\" was set; \
             connect to the server itself, or to a proxy that hands settings on"
        );
        let error = check(&found(&[("tx_isolation", "READ-COMMITTED")])).unwrap_err().to_string();
        assert!(error.starts_with("a session has tx_isolation = \"READ-COMMITTED\""), "{error}");
        check(&found(&[("time_zone", "+00:00"), ("transaction_isolation", "REPEATABLE-READ")])).unwrap();
    }

    #[test]
    fn an_account_is_quoted_in_its_parts() {
        assert_eq!(quoted_account("app@%"), "`app`@`%`");
        assert_eq!(quoted_account("me@home@10.0.0.%"), "`me@home`@`10.0.0.%`");
    }

    #[test]
    fn a_server_without_an_id_is_known_by_where_it_is() {
        assert_eq!(id(&found(&[("server_uuid", "u"), ("server_id", "1")])), "u");
        assert_eq!(id(&found(&[("server_id", "7"), ("hostname", "db"), ("port", "3306")])), "7@db:3306");
    }
}
