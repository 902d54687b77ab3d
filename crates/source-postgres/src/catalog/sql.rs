//! The statements on the system catalog. Each takes a schema and a table to look at that one alone, or two NULLs for all.

use crate::server::ENDPOINT;

/// Changes with whatever the catalog says of the relation `c` in the schema `n`: which versions of its rows there are, who asks, and whom.
/// NULL where columns are of types that somebody may change.
const VERSION: &str = "
(SELECT CASE WHEN NOT pg_catalog.bool_or(a.atttypid >= 16384) THEN pg_catalog.concat_ws(' ', c.oid, c.xmin, c.ctid, n.oid, n.xmin,
    pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', a.attnum, a.xmin, a.ctid), 0)),
    (SELECT pg_catalog.sum(pg_catalog.hashtextextended(
            pg_catalog.concat_ws(' ', i.indexrelid, i.xmin, i.ctid, i.indisvalid, i.indislive), 0))
        FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid),
    (SELECT pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', d.oid, d.xmin, d.ctid), 0))
        FROM pg_catalog.pg_attrdef d WHERE d.adrelid = c.oid),
    EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid),
    pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT'),
    pg_catalog.has_any_column_privilege(c.oid, 'SELECT'), pg_catalog.row_security_active(c.oid), current_user, {ENDPOINT}) END
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid)";

/// The version of one relation, for a fifth of what it costs the server to describe it.
pub(super) fn version() -> String {
    format!(
        "SELECT {} FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relname = $2",
        VERSION.replace("{ENDPOINT}", ENDPOINT)
    )
}

/// As [`RELATIONS`], with the version of each.
pub(super) fn relations() -> String {
    RELATIONS.replace("{VERSION}", &VERSION.replace("{ENDPOINT}", ENDPOINT))
}

/// All relations with rows, what the login may do, and about how many rows there are: a parent's are those of its leaves.
const RELATIONS: &str = "
WITH RECURSIVE member(root, relation) AS (
    SELECT c.oid, c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'p' AND ($1::text IS NULL OR (n.nspname = $1 AND c.relname = $2))
    UNION ALL
    SELECT member.root, i.inhrelid FROM member JOIN pg_catalog.pg_inherits i ON i.inhparent = member.relation
), estimate AS (
    SELECT member.root, sum(c.reltuples)::float8 AS rows
    FROM member JOIN pg_catalog.pg_class c ON c.oid = member.relation
    WHERE c.relkind <> 'p' AND c.reltuples >= 0 GROUP BY member.root
)
SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relispartition,
    CASE WHEN c.relkind = 'p' THEN estimate.rows WHEN c.relkind <> 'v' AND c.reltuples >= 0 THEN c.reltuples::float8 END,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT'),
    pg_catalog.has_any_column_privilege(c.oid, 'SELECT'), pg_catalog.row_security_active(c.oid), current_user::text,
    (SELECT x.extname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
            AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'),
    c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid), {VERSION}
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN estimate ON estimate.root = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND ($1::text IS NULL OR (n.nspname = $1 AND c.relname = $2))
ORDER BY n.nspname, c.relname";

/// Columns in order, each with the type below all domains, and a digest of what else its values depend on: its number, its collation,
/// and whatever can be changed of the types that its own is made of, as the labels of an enumeration.
pub(super) const COLUMNS: &str = "
WITH RECURSIVE col AS MATERIALIZED (
    SELECT a.* FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND a.attnum > 0 AND NOT a.attisdropped
        AND ($1::text IS NULL OR (n.nspname = $1 AND c.relname = $2))
), below(domain, base, modifier) AS (
    SELECT t.oid, t.typbasetype, t.typtypmod
    FROM (SELECT DISTINCT atttypid FROM col) AS used JOIN pg_catalog.pg_type t ON t.oid = used.atttypid WHERE t.typtype = 'd'
    UNION ALL
    SELECT below.domain, t.typbasetype, t.typtypmod
    FROM below JOIN pg_catalog.pg_type t ON t.oid = below.base WHERE t.typtype = 'd'
), base AS (
    SELECT below.* FROM below WHERE (SELECT t.typtype FROM pg_catalog.pg_type t WHERE t.oid = below.base) <> 'd'
), reached(root, type) AS (
    SELECT DISTINCT atttypid, atttypid FROM col WHERE atttypid >= 16384
    UNION
    SELECT reached.root, part.type FROM reached JOIN pg_catalog.pg_type t ON t.oid = reached.type
    CROSS JOIN LATERAL (
        SELECT t.typbasetype UNION ALL SELECT t.typelem
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS part(type) WHERE part.type >= 16384
), made AS (
    SELECT reached.root, sum(pg_catalog.hashtextextended(concat_ws('/', t.oid, t.typbasetype, t.typtypmod, t.typelem,
        (SELECT sum(pg_catalog.hashtextextended(concat_ws('/', e.oid, e.enumlabel), 0))
            FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
        (SELECT sum(pg_catalog.hashtextextended(concat_ws('/', a.attnum, a.attname, a.atttypid, a.atttypmod), 0))
            FROM pg_catalog.pg_attribute a
            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)), 0)) AS digest
    FROM reached JOIN pg_catalog.pg_type t ON t.oid = reached.type GROUP BY reached.root
)
SELECT a.attrelid, a.attname::text, a.attnotnull, pg_catalog.format_type(a.atttypid, a.atttypmod), t.typname::text,
    t.typnamespace = 'pg_catalog'::regnamespace, t.typtype::text, t.typcategory::text,
    EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid),
    CASE WHEN base.domain IS NULL THEN a.atttypmod ELSE base.modifier END, pg_catalog.format_type(t.oid, -1),
    pg_catalog.hashtextextended(concat_ws('/', a.attnum, a.atttypid, a.atttypmod, a.attcollation, made.digest,
        CASE a.attgenerated WHEN 'v' THEN (SELECT d.adbin::text FROM pg_catalog.pg_attrdef d
            WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END), 0),
    coalesce(o.collprovider = 'c' AND o.collcollate IN ('C', 'POSIX')
        OR o.collprovider = 'd' AND (SELECT db.datcollate IN ('C', 'POSIX')
            AND coalesce(pg_catalog.to_jsonb(db)->>'datlocprovider', 'c') = 'c'
            FROM pg_catalog.pg_database db WHERE db.datname = pg_catalog.current_database()), false)
FROM col a
LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
LEFT JOIN base ON base.domain = a.atttypid
JOIN pg_catalog.pg_type t ON t.oid = coalesce(base.base, a.atttypid)
LEFT JOIN made ON made.root = a.atttypid
ORDER BY a.attrelid, a.attnum";

/// The tables that hold a relation's rows: itself, and all below it unless `$3` says that it is read alone. Row by row, as a join would
/// be planned to read the whole catalog.
pub(super) const LEAVES: &str = "
WITH RECURSIVE member(relation) AS (
    SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm', 'f')
    UNION ALL
    SELECT child.oid FROM member CROSS JOIN LATERAL (
        SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = member.relation OFFSET 0) AS child
    WHERE NOT $3
)
SELECT c.oid, c.relfilenode, c.relkind::text,
    coalesce((SELECT am.amname::text FROM pg_catalog.pg_am am WHERE am.oid = c.relam), '')
FROM member CROSS JOIN LATERAL (
    SELECT k.oid, k.relfilenode, k.relkind, k.relam FROM pg_catalog.pg_class k WHERE k.oid = member.relation OFFSET 0) AS c
WHERE c.relkind <> 'p'";

/// The columns of the best key of a table's own rows: the primary key, else the narrowest unique index that proves one. It says nothing
/// about rows of tables that inherit from it: no index spans both.
pub(super) const KEYS: &str = "
SELECT DISTINCT ON (i.indrelid) i.indrelid, ARRAY(
    SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE k.place <= i.indnkeyatts ORDER BY k.place)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisunique AND i.indisvalid AND i.indislive AND (i.indisprimary OR i.indimmediate)
    AND i.indpred IS NULL AND i.indexprs IS NULL
    AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND ($1::text IS NULL OR (n.nspname = $1 AND c.relname = $2))
    AND NOT EXISTS (
        SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull)
ORDER BY i.indrelid, i.indisprimary DESC, i.indnkeyatts, i.indexrelid";

/// Indexes, each with the columns that it is by, NULL for an expression, without those that it only carries along; with its expressions
/// and its condition as the catalog keeps them, and the names of what these are about. The server would lock the table to write them as SQL.
pub(super) const INDEXES: &str = "
SELECT i.indrelid, x.relname::text, m.amname::text,
    ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number <> 0
        WHERE k.place <= i.indnkeyatts ORDER BY k.place),
    ARRAY(SELECT o.options & 1 = 1 FROM unnest(i.indoption::int2[]) WITH ORDINALITY AS o(options, place) ORDER BY o.place),
    i.indexprs::text, i.indpred::text,
    CASE WHEN i.indexprs IS NOT NULL OR i.indpred IS NOT NULL THEN ARRAY(SELECT a.attnum::text || ' ' || a.attname::text
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND NOT a.attisdropped) END,
    CASE WHEN i.indpred IS NOT NULL THEN ARRAY(SELECT DISTINCT o.oid::text || ' ' || o.oprname::text
        FROM pg_catalog.regexp_matches(i.indpred::text, ':opno ([0-9]+)', 'g') AS said(numbers)
        JOIN pg_catalog.pg_operator o ON o.oid = said.numbers[1]::oid
        WHERE o.oprnamespace = 'pg_catalog'::regnamespace) END,
    CASE WHEN i.indpred IS NOT NULL THEN ARRAY(SELECT e.oid::text || ' ' || e.enumlabel::text
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_enum e ON e.enumtypid = a.atttypid
        WHERE a.attrelid = i.indrelid AND a.attnum > 0) END
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = x.relam
WHERE i.indisvalid AND i.indislive
    AND c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY i.indrelid, x.relname";

/// Bytes of the tables `$1` in their own pages, and in those to which wide values are moved.
pub(super) const SIZES: &str = "
    SELECT coalesce(sum(pg_catalog.pg_relation_size(c.oid)), 0)::int8,
        coalesce(sum(pg_catalog.pg_relation_size(nullif(c.reltoastrelid, 0))), 0)::int8
    FROM pg_catalog.pg_class c
    WHERE c.oid = ANY ($1) AND c.relkind IN ('r', 'm')";
