-- One day of all devices as bytes, numbers and means (big-endian, a double for each metric). `{means}` is written out by the store.
SELECT
    coalesce(string_agg(int4send(d.device), ''::bytea ORDER BY d.device), '') AS devices,
    coalesce(string_agg({means}, ''::bytea ORDER BY d.device), '') AS means
FROM ai_reading_days AS d
WHERE d.day = %(day)s
