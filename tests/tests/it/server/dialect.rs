//! One text for all servers: what another server calls by another name.

use super::Server;

/// PostgreSQL's words and those of MariaDB and MySQL, in this order.
const WORDS: [(&str, &str); 16] = [
    ("DEFAULT clock_timestamp()", "DEFAULT now(6)"),
    ("clock_timestamp()", "sysdate(6)"),
    ("now()", "now(6)"),
    ("timestamptz", "timestamp(6)"),
    ("'epoch'", "'1970-01-01 00:00:01'"),
    ("'-infinity'", "'1970-01-01 00:00:02'"),
    ("'infinity'", "'2038-01-19 03:14:07.999999'"),
    ("1000001 * g * interval '1 microsecond'", "interval 1000001 * g microsecond"),
    ("g * interval '1 microsecond'", "interval g microsecond"),
    ("g * interval '1 second'", "interval g second"),
    ("interval '1 year'", "interval 1 year"),
    ("pg_sleep(", "sleep("),
    (" INCLUDING ALL", ""),
    ("SELECT fill(", "CALL fill("),
    ("ON CONFLICT (id) DO UPDATE SET value = excluded.value", "ON DUPLICATE KEY UPDATE value = VALUES(value)"),
    ("current_database()", "database()"),
];

impl Server {
    /// This text, written as for PostgreSQL, as this server wants it.
    pub(crate) fn dialect(self, sql: &str) -> String {
        match self {
            Self::Postgres => sql.to_owned(),
            Self::Mariadb(_) => {
                let words = WORDS.iter().fold(sql.to_owned(), |sql, (theirs, ours)| sql.replace(theirs, ours));
                ignoring_conflicts(&with_sequences(&words))
            }
        }
    }

    /// An expression for the text of a moment, as it stands in a replica.
    pub(crate) fn moment(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z'"),
            Self::Mariadb(_) => format!("date_format({column}, '%Y-%m-%d %H:%i:%s.%f') || 'Z'"),
        }
    }
}

/// `generate_series(1, 50) g` as a recursive query, which MariaDB and MySQL both know.
fn with_sequences(sql: &str) -> String {
    let mut parts = sql.split("generate_series(");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (range, rest) = part.split_once(") g").expect("a series is called g");
        let (first, last) = range.split_once(", ").expect("a series has two ends");
        text.push_str(&format!(
            "(WITH RECURSIVE series AS (SELECT {first} AS g UNION ALL SELECT g + 1 FROM series WHERE g < {last}) \
             SELECT g FROM series) g{rest}"
        ));
    }
    text
}

fn ignoring_conflicts(sql: &str) -> String {
    match sql.strip_suffix(" ON CONFLICT DO NOTHING") {
        Some(insert) => insert.replace("INSERT INTO", "INSERT IGNORE INTO"),
        None => sql.to_owned(),
    }
}

#[test]
fn one_text_is_understood_by_all_servers() {
    let text = "INSERT INTO t SELECT g, now() FROM generate_series(1, 50) g ON CONFLICT DO NOTHING";
    assert_eq!(Server::Postgres.dialect(text), text);
    let expected = "INSERT IGNORE INTO t SELECT g, now(6) FROM (WITH RECURSIVE series AS (SELECT 1 AS g UNION ALL \
                    SELECT g + 1 FROM series WHERE g < 50) SELECT g FROM series) g";
    assert_eq!(Server::MARIADB.dialect(text), expected);
}
