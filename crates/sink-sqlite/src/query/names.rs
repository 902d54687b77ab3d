//! Which replica a name of the source stands for.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use sync_core::Result;

use crate::error::sqlite_error;

/// A table of the replica that readers can see, and what it is called.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedTable {
    /// Its name in the replica: `tmp_audit_logs`.
    pub replica: String,
    /// The source's table: `audit.logs`.
    pub source: String,
    /// The shortest name of it that queries can use: `users`, `audit.logs`, or the replica's own where those mean something else.
    pub query_name: String,
}

/// The published tables, by the names of their source.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    tables: Vec<PublishedTable>,
    /// Positions in `tables`. Keys are in lower case, as SQLite's names know no difference of case.
    plain: HashMap<String, Vec<usize>>,
    pairs: HashMap<String, Vec<usize>>,
    /// The user's tables and views, and the replicas; in lower case too.
    objects: HashSet<String>,
}

impl Names {
    pub(super) fn read(conn: &Connection) -> Result<Self> {
        let tables = conn
            .prepare(
                "SELECT table_name, source_table FROM main.tmp_data_sync_metadata
                 WHERE published = 1 AND source_table IS NOT NULL ORDER BY table_name",
            )
            .and_then(|mut select| {
                select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()
            })
            .map_err(sqlite_error)?;
        let objects = conn
            .prepare("SELECT name FROM main.sqlite_master WHERE type IN ('table', 'view')")
            .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>())
            .map_err(sqlite_error)?;
        Ok(Self::new(tables, objects))
    }

    fn new(published: Vec<(String, String)>, objects: Vec<String>) -> Self {
        let mut names =
            Self { objects: objects.iter().map(|name| name.to_ascii_lowercase()).collect(), ..Self::default() };
        for (position, (replica, source)) in published.into_iter().enumerate() {
            if let Some(plain) = plain_name(&replica, &source) {
                names.plain.entry(plain.to_ascii_lowercase()).or_default().push(position);
            }
            if source.contains('.') {
                names.pairs.entry(source.to_ascii_lowercase()).or_default().push(position);
            }
            names.tables.push(PublishedTable { query_name: replica.clone(), replica, source });
        }
        let query_names: Vec<_> = names.tables.iter().map(|table| names.query_name(table)).collect();
        for (table, name) in names.tables.iter_mut().zip(query_names) {
            table.query_name = name;
        }
        names
    }

    pub(super) fn tables(&self) -> &[PublishedTable] {
        &self.tables
    }

    /// The replica that a name without a schema stands for. The user's own objects keep their names.
    pub(super) fn plain(&self, name: &str) -> Option<&str> {
        let name = name.to_ascii_lowercase();
        // SQLite keeps such names for itself.
        if self.is_object(&name) || name.starts_with("sqlite_") {
            return None;
        }
        self.only(self.plain.get(&name)?)
    }

    /// The replica that `schema.name` stands for.
    pub(super) fn pair(&self, schema: &str, name: &str) -> Option<&str> {
        let own = schema.eq_ignore_ascii_case("main") && self.is_object(&name.to_ascii_lowercase());
        if own { None } else { self.only(self.pairs.get(&format!("{schema}.{name}").to_ascii_lowercase())?) }
    }

    /// What to do about a name that SQLite did not find.
    pub(super) fn advice(&self, missing: &str) -> String {
        let missing = missing.to_ascii_lowercase();
        let meant = self.plain.get(&missing).or_else(|| self.pairs.get(&missing));
        if let Some(meant) = meant.filter(|meant| meant.len() > 1) {
            let replicas: Vec<_> = meant.iter().map(|position| self.tables[*position].replica.as_str()).collect();
            return format!("it could be {}: name one of them", replicas.join(" or "));
        }
        let known: Vec<_> = self.tables.iter().take(SHOWN).map(|table| table.query_name.as_str()).collect();
        match self.tables.len() {
            0 => "no table has been synced yet".to_owned(),
            all if all > SHOWN => format!("there are {}, and {} more", known.join(", "), all - SHOWN),
            _ => format!("there are {}", known.join(", ")),
        }
    }

    fn only(&self, positions: &[usize]) -> Option<&str> {
        match positions {
            [position] => Some(&self.tables[*position].replica),
            _ => None,
        }
    }

    fn is_object(&self, lowercase: &str) -> bool {
        self.objects.contains(lowercase)
    }

    fn query_name(&self, table: &PublishedTable) -> String {
        let is_it = |found: Option<&str>| found == Some(&table.replica);
        match plain_name(&table.replica, &table.source) {
            Some(plain) if is_it(self.plain(plain)) => plain.to_owned(),
            _ if table.source.split_once('.').is_some_and(|(schema, name)| is_it(self.pair(schema, name))) => {
                table.source.clone()
            }
            _ => table.replica.clone(),
        }
    }
}

/// Tables that an error lists.
const SHOWN: usize = 10;

/// The name without a schema, for tables of the source's default schema: those whose replica's name leaves the schema out.
fn plain_name<'a>(replica: &str, source: &'a str) -> Option<&'a str> {
    let Some((schema, name)) = source.split_once('.') else { return Some(source) };
    (!replica.ends_with(&format!("{schema}_{name}"))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tables: &[(&str, &str)], own: &[&str]) -> Names {
        let published = tables.iter().map(|(replica, source)| ((*replica).to_owned(), (*source).to_owned())).collect();
        let objects = tables.iter().map(|(replica, _)| *replica).chain(own.iter().copied());
        Names::new(published, objects.map(str::to_owned).collect())
    }

    #[test]
    fn the_default_schema_can_be_left_out() {
        let names =
            names(&[("tmp_users", "public.users"), ("tmp_audit_logs", "audit.logs"), ("tmp_jobs", "jobs")], &[]);
        assert_eq!(names.plain("users"), Some("tmp_users"));
        assert_eq!(names.plain("USERS"), Some("tmp_users"));
        assert_eq!(names.plain("jobs"), Some("tmp_jobs"));
        assert_eq!(names.plain("logs"), None);
        assert_eq!(names.pair("audit", "logs"), Some("tmp_audit_logs"));
        assert_eq!(names.pair("Public", "Users"), Some("tmp_users"));
        assert_eq!(names.pair("public", "logs"), None);
        let known: Vec<_> = names.tables().iter().map(|table| table.query_name.as_str()).collect();
        assert_eq!(known, ["users", "audit.logs", "jobs"]);
    }

    #[test]
    fn what_the_user_made_keeps_its_name() {
        let names = names(&[("tmp_users", "main.users")], &["Users"]);
        assert_eq!((names.plain("users"), names.pair("main", "users")), (None, None));
        assert_eq!(names.tables()[0].query_name, "tmp_users");
    }

    #[test]
    fn a_name_of_several_replicas_means_none_and_lists_them() {
        let names =
            names(&[("tmp_a_users", "public.users"), ("tmp_b_users", "public.users"), ("orders", "shop.orders")], &[]);
        assert_eq!((names.plain("users"), names.pair("public", "users")), (None, None));
        assert_eq!(names.advice("public.users"), "it could be tmp_a_users or tmp_b_users: name one of them");
        assert_eq!(names.advice("absent"), "there are tmp_a_users, tmp_b_users, shop.orders");
    }

    #[test]
    fn an_odd_name_is_found_by_all_its_characters() {
        let names = names(&[("tmp_odd.name", "public.odd.name"), ("tmp_o\"q", "public.o\"q")], &[]);
        assert_eq!(names.plain("odd.name"), Some("tmp_odd.name"));
        assert_eq!(names.pair("public", "odd.name"), Some("tmp_odd.name"));
        assert_eq!(names.pair("public", "o\"q"), Some("tmp_o\"q"));
    }
}
