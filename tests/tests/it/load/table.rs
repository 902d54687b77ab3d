//! The table under load. Each state that is written to a row has a number of its own, and the server keeps a history of them.

use crate::case::Case;
use crate::compare::Differences;
use crate::server::Server;

/// `history` is written in the transaction that writes the row, so whatever is rolled back is not in it. A row that got several states
/// in one transaction has them all there; only the last was ever committed.
pub(crate) fn torture(server: Server) -> &'static str {
    match server {
        Server::Postgres => POSTGRES,
        Server::Mariadb(_) => MARIADB,
    }
}

const POSTGRES: &str = "
CREATE TABLE torture (
  id int PRIMARY KEY, version bigint NOT NULL, body text NOT NULL, noise int NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON torture (updated_at, id);
CREATE TABLE history (
  n bigserial PRIMARY KEY, tx xid8 NOT NULL DEFAULT pg_current_xact_id(), id int NOT NULL, version bigint);
CREATE SEQUENCE versions;
CREATE FUNCTION number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  NEW.version := nextval('versions');
  NEW.body := NEW.id || '/' || NEW.version || repeat('.', NEW.id % 300);
  RETURN NEW;
END $$;
CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
    INSERT INTO history (id) VALUES (OLD.id);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO history (id, version) VALUES (NEW.id, NEW.version);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER number BEFORE INSERT OR UPDATE ON torture FOR EACH ROW EXECUTE FUNCTION number();
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON torture FOR EACH ROW EXECUTE FUNCTION remember();
INSERT INTO torture (id, updated_at) SELECT g, now() - g * interval '1 second' FROM generate_series(1, 2000) g;
";

const REPLICA: &str = "SELECT id, version, body, noise, updated_at FROM tmp_torture ORDER BY id";

/// Writers name their transactions by `@tx`. Versions are numbers that the server gives out once, in words that MySQL and MariaDB share.
const MARIADB: &str = "
CREATE TABLE torture (
  id int PRIMARY KEY, version bigint NOT NULL DEFAULT 0, body varchar(400) NOT NULL DEFAULT '',
  noise int NOT NULL DEFAULT 0, updated_at timestamp(6) NOT NULL DEFAULT now(6));
CREATE INDEX torture_by_time ON torture (updated_at, id);
CREATE TABLE history (n bigint AUTO_INCREMENT PRIMARY KEY, tx bigint NOT NULL, id int NOT NULL, version bigint);
CREATE TRIGGER number_inserted BEFORE INSERT ON torture FOR EACH ROW
  SET NEW.version = uuid_short(), NEW.body = NEW.id || '/' || NEW.version || repeat('.', NEW.id % 300);
CREATE TRIGGER number_updated BEFORE UPDATE ON torture FOR EACH ROW
  SET NEW.version = uuid_short(), NEW.body = NEW.id || '/' || NEW.version || repeat('.', NEW.id % 300);
CREATE TRIGGER remember_inserted AFTER INSERT ON torture FOR EACH ROW
  INSERT INTO history (tx, id, version) VALUES (coalesce(@tx, 0), NEW.id, NEW.version);
CREATE TRIGGER remember_deleted AFTER DELETE ON torture FOR EACH ROW
  INSERT INTO history (tx, id) VALUES (coalesce(@tx, 0), OLD.id);
CREATE TRIGGER remember_updated AFTER UPDATE ON torture FOR EACH ROW
  INSERT INTO history (tx, id, version) SELECT coalesce(@tx, 0), OLD.id, NULL FROM dual WHERE OLD.id <> NEW.id
  UNION ALL SELECT coalesce(@tx, 0), NEW.id, NEW.version;
INSERT INTO torture (id, updated_at) SELECT g, now() - g * interval '1 second' FROM generate_series(1, 2000) g;
";

/// How the replica differs from the source, which nobody may write to now.
pub(crate) fn torture_differences(case: &Case) -> Differences {
    let moment = case.server().moment("updated_at");
    let source = format!("SELECT id, version, body, noise, {moment} FROM torture ORDER BY id");
    Differences::between(&case.ask(&source), &case.query(REPLICA))
}
