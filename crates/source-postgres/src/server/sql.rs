//! The statement that asks a server who it is and what happened to its tables.
//!
//! It runs outside of a transaction, so under whatever search path the login has: everything is named with its schema. Digests are
//! sums of 64-bit hashes, which do not depend on the order of rows.

/// What [`statement`] is to answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// Whether the login may ask for the system identifier.
    pub(super) system: bool,
    /// Whether it may ask for the timeline.
    pub(super) timeline: bool,
    /// Whether a digest of the whole catalog is wanted.
    pub(super) catalog: bool,
}

/// Asks about one table, `$1` its schema and `$2` its name, or about all where both are NULL. The answer is one row.
pub(super) fn statement(question: Question) -> String {
    let system = if question.system { SYSTEM } else { "NULL::int8" };
    let timeline = if question.timeline { TIMELINE } else { "NULL::int4" };
    let catalog = if question.catalog { CATALOG } else { "NULL::text" };
    format!(
        "{TABLES} SELECT d.oid, d.datname::text, pg_catalog.current_setting('server_version'), \
         pg_catalog.pg_is_in_recovery(), {system}, {timeline}, \
         {ENDPOINT}, pg_catalog.pg_current_snapshot()::text, pg_catalog.current_setting('track_counts')::bool, \
         {BGWRITER_RESET}, {DATABASE_RESET}, {catalog}, \
         listed.schemas, listed.names, listed.written, listed.deleted, listed.leaves, listed.parts, current_user::text \
         FROM pg_catalog.pg_database d, listed WHERE d.datname = pg_catalog.current_database()"
    )
}

/// Which of [`SYSTEM`] and [`TIMELINE`] the login may ask for.
pub(super) const PERMITTED: &str = "\
SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'), \
pg_catalog.has_function_privilege('pg_catalog.pg_control_checkpoint()', 'EXECUTE') \
AND pg_catalog.has_function_privilege('pg_catalog.pg_control_recovery()', 'EXECUTE') \
AND pg_catalog.has_function_privilege('pg_catalog.pg_walfile_name(pg_lsn)', 'EXECUTE') \
AND pg_catalog.has_function_privilege('pg_catalog.pg_current_wal_insert_lsn()', 'EXECUTE')";

/// Made when the data folder is, so copies of the folder share it.
const SYSTEM: &str = "(SELECT system_identifier FROM pg_catalog.pg_control_system())";

/// The name of a WAL file begins with its timeline; the control file learns of a promotion late. A standby knows what it was told.
const TIMELINE: &str = "\
CASE WHEN pg_catalog.pg_is_in_recovery() THEN greatest(\
(SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()), \
(SELECT min_recovery_end_timeline FROM pg_catalog.pg_control_recovery()), \
(SELECT received_tli FROM pg_catalog.pg_stat_wal_receiver)) \
ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int4 END";

/// The address, and when this very server was started, in microseconds since 1970.
pub(crate) const ENDPOINT: &str = "\
pg_catalog.concat_ws(' ', pg_catalog.host(pg_catalog.inet_server_addr()), pg_catalog.inet_server_port(), \
(extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::int8)";

/// All statistics are reset by a crash, and by hand.
pub(super) const BGWRITER_RESET: &str =
    "(extract(epoch FROM pg_catalog.pg_stat_get_bgwriter_stat_reset_time()) * 1000000)::int8";

const DATABASE_RESET: &str = "(extract(epoch FROM pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)) * 1000000)::int8";

/// Counters and files of every table that has any: its own and those of all that is read with it.
const TABLES: &str = "\
WITH RECURSIVE space AS MATERIALIZED (
    SELECT n.oid, n.nspname, pg_catalog.has_schema_privilege(n.oid, 'USAGE')::int4 AS usage FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ($1::text IS NULL OR n.nspname = $1)
), relation AS MATERIALIZED (
    SELECT c.oid, space.nspname, space.usage, c.relname, c.relkind, c.relfilenode, c.relam, c.relhassubclass,
        c.relispartition, c.relrowsecurity
    FROM pg_catalog.pg_class c JOIN space ON space.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND ($2::text IS NULL OR c.relname = $2)
), member(root, oid) AS (
    SELECT i.inhparent, i.inhrelid FROM relation JOIN pg_catalog.pg_inherits i ON i.inhparent = relation.oid
    WHERE relation.relhassubclass
    UNION ALL SELECT member.root, i.inhrelid FROM member JOIN pg_catalog.pg_inherits i ON i.inhparent = member.oid
), leaf AS (
    SELECT oid AS root, oid, relfilenode, relkind, relam FROM relation WHERE relkind IN ('r', 'p', 'm')
    UNION ALL
    SELECT member.root, c.oid, c.relfilenode, c.relkind, c.relam
    FROM member JOIN pg_catalog.pg_class c ON c.oid = member.oid
), counted AS (
    SELECT root, pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(oid) + pg_catalog.pg_stat_get_tuples_updated(oid))
            AS written,
        pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(oid)) AS deleted,
        pg_catalog.sum(pg_catalog.hashoidextended(relfilenode,
            (oid::int8 << 32) # (relam::int8 << 8) # pg_catalog.ascii(relkind::text))) AS leaves,
        pg_catalog.string_agg(oid::text, ' ') AS parts
    FROM leaf GROUP BY root HAVING NOT pg_catalog.bool_or(relkind = 'f')
), listed AS (
    SELECT pg_catalog.array_agg(relation.nspname::text) AS schemas, pg_catalog.array_agg(relation.relname::text) AS names,
        pg_catalog.array_agg(counted.written::text) AS written, pg_catalog.array_agg(counted.deleted::text) AS deleted,
        pg_catalog.array_agg(counted.leaves::text) AS leaves, pg_catalog.array_agg(counted.parts) AS parts
    FROM counted JOIN relation ON relation.oid = counted.root
)";

/// All that the list of tables depends on: relations, what the login may do with them and which extension they are of, columns, keys,
/// who is part of whom, and the types that somebody may change. Without estimates, which are always changing.
const CATALOG: &str = "\
pg_catalog.concat_ws(' ', current_user,
    (SELECT pg_catalog.sum(pg_catalog.hashnameextended(relname, (oid::int8 << 32) # pg_catalog.ascii(relkind::text))
        # pg_catalog.hashnameextended(nspname, (oid::int8 << 4) + relispartition::int4 + usage * 2
            + CASE WHEN pg_catalog.has_table_privilege(oid, 'SELECT') THEN 4
                WHEN pg_catalog.has_any_column_privilege(oid, 'SELECT') THEN 8 ELSE 0 END
            + CASE WHEN relrowsecurity AND pg_catalog.row_security_active(oid) THEN 16 ELSE 0 END)) FROM relation),
    (SELECT pg_catalog.sum(pg_catalog.hashnameextended(a.attname, (a.attrelid::int8 << 16) + a.attnum)
        # pg_catalog.hashoidextended(a.atttypid, (a.atttypmod::int8 << 32) + a.attcollation::int8 + a.attnotnull::int4))
        FROM pg_catalog.pg_attribute a
        WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (SELECT relation.oid FROM relation)),
    (SELECT pg_catalog.sum(pg_catalog.hashtextextended(i.indkey::text, (i.indexrelid::int8 << 32) # (i.indrelid::int8 << 12)
        # ((i.indnkeyatts::int8 << 6) + i.indisunique::int4 + i.indisvalid::int4 * 2 + i.indislive::int4 * 4
            + i.indisprimary::int4 * 8 + i.indimmediate::int4 * 16 + (i.indpred IS NULL AND i.indexprs IS NULL)::int4 * 32)))
        FROM pg_catalog.pg_index i WHERE i.indrelid IN (SELECT relation.oid FROM relation)),
    (SELECT pg_catalog.sum(pg_catalog.hashoidextended(i.inhrelid, i.inhparent::int8)) FROM pg_catalog.pg_inherits i
        WHERE i.inhparent IN (SELECT relation.oid FROM relation)),
    (SELECT pg_catalog.sum(pg_catalog.hashoidextended(d.objid, d.refobjid::int8)) FROM pg_catalog.pg_depend d
        WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.classid = 'pg_catalog.pg_class'::regclass
            AND d.deptype = 'e'),
    (SELECT pg_catalog.sum(pg_catalog.hashnameextended(e.enumlabel, e.oid::int8)) FROM pg_catalog.pg_enum e),
    (SELECT pg_catalog.sum(pg_catalog.hashnameextended(t.typname, (t.oid::int8 << 32) # (t.typnamespace::int8 << 8))
        # pg_catalog.hashoidextended(t.typbasetype, (t.typcollation::int8 << 32) # t.typtypmod))
        FROM pg_catalog.pg_type t WHERE t.typtype IN ('d', 'e')))";
