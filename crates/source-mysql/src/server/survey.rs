//! What an operator wants to know before tables are synced.

use std::collections::BTreeSet;

use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;
use sync_core::{Renewal, Result, Survey, TableId};

use crate::error::{from_server, timed_out};
use crate::pool::Pool;
use crate::session::Session;

/// With SYSTEM the machine's own zone is in force.
const TIME_ZONE: &str =
    "SELECT CASE @@global.time_zone WHEN 'SYSTEM' THEN @@system_time_zone ELSE @@global.time_zone END";
const CIPHER: &str = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";

/// Columns that renew themselves; those whose table is asked for by the schema alone, so that not every table's file is opened.
const DEFINED: &str = "SELECT table_schema, table_name, column_name FROM information_schema.columns
    WHERE table_schema = ? AND lower(extra) LIKE '%on update current_timestamp%'";

/// Triggers before UPDATE; they are hidden from whoever lacks the privilege TRIGGER.
const TRIGGERS: &str = "SELECT event_object_schema, event_object_table, trigger_name, action_statement
    FROM information_schema.triggers
    WHERE event_object_schema = ? AND action_timing = 'BEFORE' AND event_manipulation = 'UPDATE'";

/// Whether the connection is encrypted, the server's time zone, and what renews these columns.
pub(crate) async fn survey(pool: &Pool, columns: &[(TableId, String)]) -> Result<Survey> {
    let mut session = Session::open(pool).await.map_err(|error| error.at(pool.place()))?;
    let limit = session.timeouts().statement;
    let asked = tokio::time::timeout(limit, ask(session.connection(), columns)).await;
    let survey = asked.unwrap_or_else(|_| Err(timed_out(limit, "tell of its settings")));
    let survey = survey.map_err(|error| error.at(pool.place()))?;
    session.finish().await;
    Ok(survey)
}

async fn ask(connection: &mut Conn, columns: &[(TableId, String)]) -> Result<Survey> {
    let cipher: Option<(String, String)> = connection.query_first(CIPHER).await.map_err(from_server)?;
    let time_zone: Option<String> = connection.query_first(TIME_ZONE).await.map_err(from_server)?;
    let schemas: BTreeSet<_> = columns.iter().filter_map(|(table, _)| table.schema()).collect();
    let (mut defined, mut triggers) = (Vec::<[String; 3]>::new(), Vec::<[String; 4]>::new());
    for schema in schemas {
        let rows: Vec<(String, String, String)> = connection.exec(DEFINED, (schema,)).await.map_err(from_server)?;
        defined.extend(rows.into_iter().map(|(schema, table, column)| [schema, table, column]));
        let rows: Vec<(String, String, String, String)> =
            connection.exec(TRIGGERS, (schema,)).await.map_err(from_server)?;
        triggers.extend(rows.into_iter().map(|(schema, table, name, body)| [schema, table, name, body]));
    }
    let renewals = columns.iter().map(|(table, column)| renewal(table, column, &defined, &triggers));
    Ok(Survey::new()
        .encrypted(cipher.map(|(_, name)| !name.is_empty()))
        .time_zone(time_zone)
        .renewals(renewals.collect()))
}

fn renewal(table: &TableId, column: &str, defined: &[[String; 3]], triggers: &[[String; 4]]) -> Renewal {
    let schema = table.schema().unwrap_or_default();
    if defined.iter().any(|[of, name, renewed]| of == schema && name == table.name() && renewed == column) {
        return Renewal::Definition;
    }
    let speaking =
        triggers.iter().find(|[of, name, _, body]| of == schema && name == table.name() && names(body, column));
    speaking.map_or(Renewal::Unknown, |[_, _, trigger, _]| Renewal::Trigger(trigger.clone()))
}

/// Whether a statement speaks of a column, as a word of its own.
fn names(body: &str, column: &str) -> bool {
    let (body, column) = (body.to_lowercase(), column.to_lowercase());
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    body.match_indices(&column).any(|(at, found)| {
        !is_part(body[..at].chars().next_back()) && !is_part(body[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_speaks_of_a_column_by_its_whole_name() {
        assert!(names("SET NEW.updated_at = now()", "updated_at"));
        assert!(names("set new.`Updated_At`=now()", "updated_at"));
        assert!(!names("SET NEW.updated_at_utc = now()", "updated_at"));
        assert!(!names("SET NEW.last_updated_at = now()", "updated_at"));
    }

    #[test]
    fn a_definition_goes_before_a_trigger() {
        let table = TableId::new("shop", "orders");
        let text = |texts: [&str; 3]| texts.map(str::to_owned);
        let triggers = [["shop", "orders", "touch", "SET NEW.at = now(), NEW.ts = now()"].map(str::to_owned)];
        let defined = [text(["shop", "orders", "at"]), text(["other", "orders", "ts"])];
        assert_eq!(renewal(&table, "at", &defined, &triggers), Renewal::Definition);
        assert_eq!(renewal(&table, "ts", &defined, &triggers), Renewal::Trigger("touch".to_owned()));
        assert_eq!(renewal(&table, "id", &defined, &triggers), Renewal::Unknown);
    }
}
