CREATE FUNCTION pick(id bigint, salt int, choices bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT (hashint8extended(id, salt) & 9223372036854775807) % choices';
