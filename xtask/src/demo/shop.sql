-- A small shop. Its tables differ in what a replica has to cope with: one growing key, a key of two columns, no column
-- that tells of changes, another schema, exact numbers, documents.

CREATE TYPE order_status AS ENUM ('open', 'paid', 'shipped', 'returned');

CREATE TABLE customers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id   uuid NOT NULL DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    email       text,
    preferences jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE products (
    id         integer PRIMARY KEY,
    name       text NOT NULL,
    price      numeric(10, 2) NOT NULL,
    tags       text[] NOT NULL DEFAULT '{}',
    weight_kg  double precision,
    active     boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    status      order_status NOT NULL DEFAULT 'open',
    total       numeric(12, 2) NOT NULL,
    note        text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE order_lines (
    order_id   bigint NOT NULL REFERENCES orders,
    line       smallint NOT NULL,
    product_id integer NOT NULL REFERENCES products,
    quantity   integer NOT NULL,
    price      numeric(10, 2) NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, line)
);

CREATE TABLE visits (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint,
    path        text NOT NULL
);

CREATE SCHEMA audit;
CREATE TABLE audit.logs (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action     text NOT NULL,
    details    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO customers (name, email, preferences, created_at, updated_at)
SELECT (ARRAY['Zoë', 'José', '李雷', 'Ada', 'Jürgen', 'Nadia', 'O''Neill', '🦊'])[1 + n % 8] || ' ' || n,
       CASE WHEN n % 10 > 0 THEN 'customer' || n || '@example.org' END,
       jsonb_build_object('newsletter', n % 2 = 0, 'language', (ARRAY['en', 'de', 'fr'])[1 + n % 3]),
       now() - n * interval '7 minutes', now() - n * interval '5 minutes'
FROM generate_series(1, 20000) AS n;

INSERT INTO products
SELECT n, 'Product ' || n, round((n * 7919 % 50000)::numeric / 100 + 1, 2), ARRAY['tag' || n % 7, 'tag' || n % 11],
       CASE WHEN n % 5 > 0 THEN n % 37 / 8.0 END, n % 20 > 0, now() - n * interval '1 hour'
FROM generate_series(1, 2000) AS n;

INSERT INTO orders (customer_id, status, total, note, created_at, updated_at)
SELECT 1 + n * 31 % 20000, (ARRAY['open', 'paid', 'shipped', 'shipped', 'returned'])[1 + n % 5]::order_status,
       round((n * 6151 % 90000)::numeric / 100 + 5, 2), CASE WHEN n % 9 = 0 THEN 'Please ring twice' END,
       now() - (60001 - n) * interval '3 minutes', now() - (60001 - n) * interval '2 minutes'
FROM generate_series(1, 60000) AS n;

INSERT INTO order_lines
SELECT o.id, l, 1 + (o.id * 13 + l * 101) % 2000, 1 + l % 3, round((o.id * l % 9000)::numeric / 100 + 1, 2), o.updated_at
FROM orders AS o, generate_series(1, 2 + (o.id % 2)::integer) AS l;

INSERT INTO visits (customer_id, path)
SELECT CASE WHEN n % 4 > 0 THEN 1 + n % 20000 END, '/products/' || 1 + n % 2000
FROM generate_series(1, 30000) AS n;

INSERT INTO audit.logs (action, details, created_at)
SELECT (ARRAY['login', 'export', 'price change'])[1 + n % 3], jsonb_build_object('by', 'employee ' || n % 12, 'number', n),
       now() - n * interval '1 minute'
FROM generate_series(1, 10000) AS n;

CREATE INDEX ON customers (updated_at, id);
CREATE INDEX ON products (updated_at, id);
CREATE INDEX ON orders (updated_at, id);
CREATE INDEX ON order_lines (updated_at, order_id, line);
CREATE INDEX ON audit.logs (created_at, id);
ANALYZE;
