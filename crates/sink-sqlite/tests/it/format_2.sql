-- A replica as format 2 wrote it: one published table, with all that its upkeep knew.
CREATE TABLE tmp_data_sync_format (version INTEGER NOT NULL);
INSERT INTO tmp_data_sync_format VALUES(2);
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
  last_rows_unchanged INTEGER,
  last_rows_failed INTEGER,
  upkeep TEXT
);
INSERT INTO tmp_data_sync_metadata VALUES('tmp_users','users',NULL,NULL,NULL,'published','live','fingerprint',1,1795406150443,1795406150443,1795406150443,2,2,0,0,0,'{"source":"shop","columns":["id","name"],"swept_ms":1795406150443,"reconciled_ms":1795406150443,"rows":2}');
CREATE TABLE tmp_data_sync_columns (
  table_name TEXT NOT NULL,
  position INTEGER NOT NULL,
  column_name TEXT NOT NULL,
  source_type TEXT NOT NULL,
  data_type TEXT NOT NULL,
  PRIMARY KEY (table_name, position)
);
INSERT INTO tmp_data_sync_columns VALUES('tmp_users',1,'id','','integer');
INSERT INTO tmp_data_sync_columns VALUES('tmp_users',2,'name','','text');
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
  rows_failed INTEGER NOT NULL DEFAULT 0,
  UNIQUE (table_name, run)
);
INSERT INTO tmp_data_sync_log VALUES(1,'tmp_users',1795406150443,1795406150443,2,2,0,0,NULL,0);
CREATE TABLE "tmp_users" (
  "id" INTEGER PRIMARY KEY,
  "name" TEXT
);
INSERT INTO tmp_users VALUES(1,'Ada');
INSERT INTO tmp_users VALUES(2,'Eve');
