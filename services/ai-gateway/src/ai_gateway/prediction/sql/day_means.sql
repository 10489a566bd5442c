-- One day of all devices as columns, an array for each metric. `{means}` is written out by the store.
SELECT coalesce(array_agg(d.device ORDER BY d.device), '{}') AS devices, {means}
FROM ai_reading_days AS d
WHERE d.day = %(day)s
