CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer int NOT NULL,
    status text NOT NULL,
    total numeric(12, 2) NOT NULL,
    note text,
    details jsonb,
    token uuid NOT NULL,
    paid boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE FUNCTION fill_orders(first bigint, last bigint) RETURNS void LANGUAGE sql AS $$
INSERT INTO orders
SELECT id,
    pick(id, 1, 50000)::int,
    (ARRAY['new', 'packed', 'sent', 'returned'])[1 + pick(id, 2, 4)],
    (pick(id, 3, 1000000000) - 100000000)::numeric / 100,
    CASE pick(id, 4, 10)
        WHEN 0 THEN NULL
        WHEN 1 THEN left(repeat('Grüße ✓ 注文 ' || md5(id::text) || ' ', 3), pick(id, 5, 110)::int)
        ELSE left(repeat(md5(id::text) || ' ', 4), pick(id, 5, 120)::int)
    END,
    CASE WHEN pick(id, 6, 20) > 0 THEN jsonb_build_object(
        'lines', pick(id, 7, 9), 'from', (ARRAY['shop', 'app'])[1 + pick(id, 8, 2)],
        'tags', jsonb_build_array('t' || pick(id, 9, 100), 'u' || pick(id, 10, 100))) END,
    md5('token' || id)::uuid,
    pick(id, 11, 2) = 1,
    timestamptz '2023-01-01 00:00:00Z' + pick(id, 12, 60000000000000) * interval '1 microsecond',
    timestamptz '2025-01-01 00:00:00Z' + pick(id, 13, 25000000000000) * interval '1 microsecond'
FROM generate_series(first, last) AS id
$$;

SELECT fill_orders(1, :rows);
CREATE INDEX orders_updated_at ON orders (updated_at, id);
VACUUM (ANALYZE, FREEZE) orders;
