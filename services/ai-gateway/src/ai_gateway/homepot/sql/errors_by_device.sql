-- error_logs names its device only inside JSON, under one of two keys; information is not an error. Counted before the
-- join with the fleet, so that its words are made for the devices that are shown alone.
WITH counted AS MATERIALIZED (
    SELECT
        COALESCE(e.context ->> 'original_device_id', e.context ->> 'device_id') AS device_id, count(*)::int AS events,
        count(*) FILTER (WHERE e.severity = 'critical')::int AS severe, max(e."timestamp") AS latest
    FROM {error_logs} AS e
    WHERE
        e."timestamp" >= %(since)s::timestamptz AND e."timestamp" <= %(until)s::timestamptz
        AND e.severity IN ('critical', 'error', 'warning')
        AND (%(severities)s::text[] IS NULL OR e.severity = ANY(%(severities)s))
    GROUP BY 1
),
picked AS MATERIALIZED (
    SELECT f.id, c.events, c.severe, c.latest
    FROM counted AS c
    JOIN {fleet} AS f ON f.device_id = c.device_id
    ORDER BY c.events DESC, c.severe DESC, f.name
    LIMIT %(limit)s
)
SELECT f.id, f.device_id, f.name, f.site_name, f.condition, p.events, p.severe, p.latest
FROM picked AS p
JOIN {fleet} AS f ON f.id = p.id
ORDER BY p.events DESC, p.severe DESC, f.name
