-- Daily means of some devices, by column; of each metric one packed column of 4-byte floats, NaN was not measured.
-- `{means}` is written out by the store.
SELECT
    COALESCE(array_agg(d.device), '{}') AS devices,
    COALESCE(array_agg((extract(epoch FROM d.day) / 86400)::int), '{}') AS days, {means}
FROM ai_reading_days AS d
WHERE d.device = ANY(%(devices)s) AND d.day >= %(since)s AND d.day < %(until)s
