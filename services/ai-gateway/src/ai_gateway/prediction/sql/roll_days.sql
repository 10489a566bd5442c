-- Whole days of hours; a day that was made before is made anew, since late readings change its hours.
INSERT INTO ai_reading_days (day, device, samples, total)
SELECT s.day, s.device, array_agg(s.samples ORDER BY s.position), array_agg(s.total ORDER BY s.position)
FROM (
    SELECT
        date_trunc('day', h.hour, 'UTC') AS day, h.device, m.position, sum(m.samples)::int AS samples, sum(m.total) AS total
    FROM ai_reading_hours AS h
    CROSS JOIN LATERAL unnest(h.samples, h.total) WITH ORDINALITY AS m (samples, total, position)
    WHERE h.hour >= %(since)s AND h.hour < %(until)s
    GROUP BY 1, 2, 3
) AS s
GROUP BY s.day, s.device
ON CONFLICT (day, device) DO UPDATE SET samples = EXCLUDED.samples, total = EXCLUDED.total
