//! Somebody who may log in, and read some tables.

use super::{Database, Server};

/// Gone from the server with the value.
pub(crate) struct Login<'a> {
    database: &'a Database,
    user: String,
}

impl Database {
    /// Lets somebody log in who may read these tables and nothing else. Users are the server's, not the database's: the name must be unique.
    pub(crate) fn login(&self, user: &str, password: &str, tables: &[&str]) -> Login<'_> {
        let password = quoted(password);
        match self.server() {
            Server::Postgres => self.execute(&format!("CREATE ROLE \"{user}\" LOGIN PASSWORD {password}")),
            Server::Mariadb(_) => self.execute(&format!("CREATE USER \"{user}\" IDENTIFIED BY {password}")),
        }
        for table in tables {
            self.execute(&format!("GRANT SELECT ON \"{table}\" TO \"{user}\""));
        }
        Login { database: self, user: user.to_owned() }
    }
}

impl Login<'_> {
    pub(crate) fn set_password(&self, password: &str) {
        let (user, password) = (&self.user, quoted(password));
        match self.database.server() {
            Server::Postgres => self.database.execute(&format!("ALTER ROLE \"{user}\" PASSWORD {password}")),
            Server::Mariadb(_) => self.database.execute(&format!("ALTER USER \"{user}\" IDENTIFIED BY {password}")),
        }
    }
}

impl Drop for Login<'_> {
    fn drop(&mut self) {
        let user = &self.user;
        match self.database.server() {
            Server::Postgres => self.database.execute(&format!("DROP OWNED BY \"{user}\"; DROP ROLE \"{user}\"")),
            Server::Mariadb(_) => self.database.execute(&format!("DROP USER \"{user}\"")),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
