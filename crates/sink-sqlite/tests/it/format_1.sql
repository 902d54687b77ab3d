-- A replica as format 1 wrote it: one published table, one copy under way, one stream without a table.
CREATE TABLE tmp_data_sync_format (version INTEGER NOT NULL);
INSERT INTO tmp_data_sync_format VALUES (1);
CREATE TABLE tmp_data_sync_metadata (
  table_name TEXT NOT NULL PRIMARY KEY,
  source_table TEXT,
  last_sync_timestamp INTEGER,
  last_sync_id TEXT,
  sync_errors TEXT,
  cursor TEXT,
  state TEXT,
  fingerprint TEXT,
  published INTEGER NOT NULL DEFAULT 0,
  last_success_ms INTEGER,
  last_run_started_ms INTEGER,
  last_run_finished_ms INTEGER,
  last_rows_read INTEGER,
  last_rows_changed INTEGER,
  last_rows_deleted INTEGER,
  last_rows_unchanged INTEGER
);
INSERT INTO tmp_data_sync_metadata VALUES
  ('tmp_users', 'public.tmp_users', 1000, '2', NULL, 'published', 'live', 'fingerprint', 1, 105, 100, 105, 6, 1, 2, 3),
  ('tmp_orders', 'public.orders', NULL, NULL, 'the server is gone', 'half', 'building', 'f', 0, NULL, 1, 2, 0, 0, 0, 0),
  ('changes of shop', NULL, NULL, NULL, NULL, 'lsn', 'live', '', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE tmp_data_sync_columns (
  table_name TEXT NOT NULL,
  position INTEGER NOT NULL,
  column_name TEXT NOT NULL,
  source_type TEXT NOT NULL,
  data_type TEXT NOT NULL,
  PRIMARY KEY (table_name, position)
);
INSERT INTO tmp_data_sync_columns VALUES
  ('tmp_users', 1, 'id', 'bigint', 'integer'), ('tmp_users', 2, 'name', 'text', 'text');
CREATE TABLE tmp_data_sync_failed_rows (
  table_name TEXT NOT NULL,
  key TEXT NOT NULL,
  error TEXT NOT NULL,
  row TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (table_name, key)
);
INSERT INTO tmp_data_sync_failed_rows VALUES ('tmp_users', '["9"]', 'not UTF-8', '{}', 2, 3, 4);
CREATE TABLE tmp_data_sync_log (
  run INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  rows_read INTEGER NOT NULL,
  rows_changed INTEGER NOT NULL,
  rows_deleted INTEGER NOT NULL,
  rows_unchanged INTEGER NOT NULL,
  error TEXT,
  UNIQUE (table_name, run)
);
INSERT INTO tmp_data_sync_log VALUES (1, 'tmp_users', 100, 105, 6, 1, 2, 3, NULL);
CREATE TABLE "tmp_users" (
  "id" INTEGER PRIMARY KEY,
  "name" TEXT
);
INSERT INTO tmp_users VALUES (1, 'Ada'), (2, 'Bob');
CREATE TABLE "tmp_data_sync_build_tmp_orders" (
  "id" INTEGER PRIMARY KEY
);
