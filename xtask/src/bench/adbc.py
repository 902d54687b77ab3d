"""A table of PostgreSQL into an SQLite file, by ADBC: URL TABLE FILE."""
import sys

import adbc_driver_postgresql.dbapi as postgresql
import adbc_driver_sqlite.dbapi as sqlite

url, table, path = sys.argv[1:]
with postgresql.connect(url) as source, sqlite.connect(path) as replica:
    with source.cursor() as reading, replica.cursor() as writing:
        reading.execute(f"SELECT * FROM {table}")
        writing.adbc_ingest(table, reading.fetch_record_batch(), mode="create")
    replica.commit()
