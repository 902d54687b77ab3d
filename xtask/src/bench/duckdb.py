"""A table of PostgreSQL into an SQLite file, by DuckDB, which attaches both: URL TABLE FILE."""
import sys

import duckdb
from duckdb_extensions import import_extension

url, table, path = sys.argv[1:]
database = duckdb.connect()
for extension in ("postgres_scanner", "sqlite_scanner"):
    import_extension(extension)
    database.load_extension(extension)
database.execute(f"ATTACH '{url}' AS source (TYPE postgres, READ_ONLY)")
database.execute(f"ATTACH '{path}' AS replica (TYPE sqlite)")
database.execute(f"CREATE TABLE replica.{table} AS SELECT * FROM source.public.{table}")
