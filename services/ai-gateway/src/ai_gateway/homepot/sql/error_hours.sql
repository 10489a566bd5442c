-- Errors logged by some devices, each in a stretch of its own, by column: `place` is hours from the stretch's beginning. Hours
-- without an error are left out.
SELECT
    COALESCE(array_agg(c.number), '{}') AS numbers, COALESCE(array_agg(c.place), '{}') AS places,
    COALESCE(array_agg(c.errors), '{}') AS errors
FROM (
    SELECT
        w.number, floor(date_part('epoch', e."timestamp"::timestamptz - w.since) / 3600)::int AS place,
        count(*)::int AS errors
    FROM unnest(%(numbers)s::int[], %(of)s::int[], %(sinces)s::timestamptz[]) AS w (number, device, since)
    JOIN {devices} AS d ON d.id = w.device
    JOIN {errors_logged} AS e
        ON e.logged_by = d.device_id AND e."timestamp" >= w.since
        AND e."timestamp" < w.since + %(hours)s * interval '1 hour'
    WHERE {scope}
    GROUP BY 1, 2
) AS c
