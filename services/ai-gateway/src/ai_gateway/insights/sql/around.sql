-- Hourly means of some devices, each in a stretch of its own, by column and packed as in `day_means`. `place`: hours from its
-- beginning.
SELECT
    COALESCE(array_agg(w.number), '{}') AS numbers,
    COALESCE(array_agg((extract(epoch FROM h.hour - w.since) / 3600)::int), '{}') AS places, {means}
FROM unnest(%(numbers)s::int[], %(devices)s::int[], %(sinces)s::timestamptz[]) AS w (number, device, since)
JOIN ai_reading_hours AS h
    ON h.device = w.device AND h.hour >= w.since AND h.hour < w.since + %(hours)s * interval '1 hour'
WHERE {in_scope h.site}
