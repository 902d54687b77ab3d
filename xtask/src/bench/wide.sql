DO $make$
DECLARE
    columns text := 'id bigint PRIMARY KEY';
    cells text := 'id';
    part record;
BEGIN
    FOR part IN
        SELECT kind, number, cell FROM (VALUES
            (1, 'int', 10, 'CASE WHEN pick(id, %1$s, 20) > 0 THEN pick(id, %1$s, 2000000000)::int END'),
            (2, 'bigint', 6, 'pick(id, %1$s, 9000000000000000000)'),
            (3, 'text', 12, 'CASE WHEN pick(id, %1$s, 8) > 0 THEN left(md5((id + %1$s)::text), pick(id, %1$s, 33)::int) END'),
            (4, 'numeric(18, 4)', 8, 'pick(id, %1$s, 1000000000000)::numeric / 10000'),
            (5, 'double precision', 6, 'pick(id, %1$s, 1000000000) / 7.0::float8'),
            (6, 'boolean', 5, 'pick(id, %1$s, 2) = 1'),
            (7, 'timestamptz', 4, 'timestamptz ''2024-01-01 00:00:00Z'' + pick(id, %1$s, 31000000000000) * interval ''1 microsecond'''),
            (8, 'date', 3, 'date ''2022-01-01'' + pick(id, %1$s, 1000)::int'),
            (9, 'uuid', 2, 'md5((id + %1$s)::text)::uuid'),
            (10, 'jsonb', 2, 'jsonb_build_object(''n'', pick(id, %1$s, 100), ''m'', md5(id::text))'),
            (11, 'bytea', 1, 'decode(md5(id::text), ''hex'')')
        ) AS kinds (position, kind, times, cell), generate_series(1, times) AS number ORDER BY position, number
    LOOP
        columns := columns || format(', %I %s', split_part(split_part(part.kind, ' ', 1), '(', 1) || '_' || part.number, part.kind);
        cells := cells || ', ' || format(part.cell, 100 + length(cells) % 1000);
    END LOOP;
    EXECUTE format('CREATE TABLE wide (%s)', columns);
    EXECUTE format('INSERT INTO wide SELECT %s FROM generate_series(1, :rows) AS id', cells);
END
$make$;
VACUUM (ANALYZE, FREEZE) wide;
