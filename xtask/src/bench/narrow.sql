CREATE TABLE narrow (id bigint PRIMARY KEY, sensor int NOT NULL, reading double precision NOT NULL, taken_at timestamptz NOT NULL);
INSERT INTO narrow
SELECT id, pick(id, 1, 1000000)::int, pick(id, 2, 1000000000000) / 1e6::float8,
    timestamptz '2024-01-01 00:00:00Z' + pick(id, 3, 30000000000000) * interval '1 microsecond'
FROM generate_series(1, :rows) AS id;
VACUUM (ANALYZE, FREEZE) narrow;
