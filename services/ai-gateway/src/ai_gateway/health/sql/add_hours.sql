-- Add a page's readings to the hours; arrays may have grown since a row was written.
INSERT INTO ai_reading_hours AS h (hour, device, site, samples, total, low, high, latest, latest_at)
SELECT hour, device, site, samples, total, low, high, latest, latest_at FROM new_hours
ON CONFLICT (device, hour) DO UPDATE SET
    (samples, total, low, high, latest) = (
        SELECT
            array_agg(coalesce(m.samples, 0) + coalesce(m.more, 0) ORDER BY m.position),
            array_agg(coalesce(m.total, 0) + coalesce(m.added, 0) ORDER BY m.position),
            array_agg(least(m.low, m.lower) ORDER BY m.position),
            array_agg(greatest(m.high, m.higher) ORDER BY m.position),
            array_agg(
                CASE
                    WHEN EXCLUDED.latest_at >= h.latest_at THEN coalesce(nullif(m.newer, 'NaN'), m.latest, 'NaN')
                    ELSE coalesce(nullif(m.latest, 'NaN'), m.newer, 'NaN')
                END
                ORDER BY m.position
            )
        FROM unnest(
            h.samples, EXCLUDED.samples, h.total, EXCLUDED.total, h.low, EXCLUDED.low, h.high, EXCLUDED.high,
            h.latest, EXCLUDED.latest
        ) WITH ORDINALITY
            AS m (samples, more, total, added, low, lower, high, higher, latest, newer, position)
    ),
    latest_at = greatest(h.latest_at, EXCLUDED.latest_at)
