CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer int NOT NULL,
    status varchar(20) NOT NULL,
    total decimal(12, 2) NOT NULL,
    note text,
    details json,
    token char(36) NOT NULL,
    paid boolean NOT NULL,
    created_at timestamp(6) NOT NULL,
    updated_at timestamp(6) NOT NULL
) CHARACTER SET utf8mb4;

INSERT INTO orders
SELECT seq,
    1 + crc32(concat('customer', seq)) % 50000,
    elt(1 + crc32(concat('status', seq)) % 4, 'new', 'packed', 'sent', 'returned'),
    (cast(crc32(concat('total', seq)) AS signed) % 1000000000 - 100000000) / 100,
    CASE crc32(concat('kind', seq)) % 10
        WHEN 0 THEN NULL
        WHEN 1 THEN left(repeat(concat('Grüße ✓ 注文 ', md5(seq), ' '), 3), crc32(concat('length', seq)) % 110)
        ELSE left(repeat(concat(md5(seq), ' '), 4), crc32(concat('length', seq)) % 120)
    END,
    CASE WHEN crc32(concat('details', seq)) % 20 > 0 THEN json_object(
        'lines', crc32(concat('lines', seq)) % 9, 'from', elt(1 + crc32(concat('from', seq)) % 2, 'shop', 'app'),
        'tags', json_array(concat('t', crc32(seq) % 100), concat('u', crc32(concat('u', seq)) % 100))) END,
    insert(insert(insert(insert(md5(concat('token', seq)), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'),
    crc32(concat('paid', seq)) % 2,
    '2023-01-01 00:00:00' + INTERVAL crc32(concat('created', seq)) * 14000 MICROSECOND,
    '2025-01-01 00:00:00' + INTERVAL crc32(concat('updated', seq)) * 5800 MICROSECOND
FROM seq_1_to_:rows;
CREATE INDEX orders_updated_at ON orders (updated_at, id);
ANALYZE TABLE orders;
