-- What happens in the shop in a moment.
BEGIN;

WITH ordered AS (
    INSERT INTO orders (customer_id, total)
    SELECT 1 + floor(random() * 20000)::bigint, round((random() * 500 + 5)::numeric, 2) FROM generate_series(1, 3)
    RETURNING id
)
INSERT INTO order_lines (order_id, line, product_id, quantity, price)
SELECT id, line, 1 + floor(random() * 2000)::integer, line, round((random() * 90 + 1)::numeric, 2)
FROM ordered, generate_series(1, 2) AS line;

UPDATE orders
SET status = CASE status WHEN 'open' THEN 'paid' WHEN 'paid' THEN 'shipped' ELSE 'returned' END::order_status, updated_at = now()
WHERE id IN (SELECT id FROM orders WHERE status IN ('open', 'paid') ORDER BY id DESC OFFSET 20 LIMIT 5);

UPDATE products SET price = price + 0.01, updated_at = now() WHERE id = (SELECT 1 + floor(random() * 2000)::integer);
UPDATE customers SET preferences = preferences || '{"newsletter": false}', updated_at = now()
WHERE id = (SELECT 1 + floor(random() * 20000)::bigint);
INSERT INTO visits (customer_id, path) SELECT n, '/sale' FROM generate_series(1, 5) AS n;
INSERT INTO audit.logs (action, details) VALUES ('price change', jsonb_build_object('by', 'the demo'));

COMMIT;
