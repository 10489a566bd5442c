-- How many errors the devices in view logged, and how many devices did. See errors_by_device.sql.
SELECT COALESCE(sum(c.events), 0)::int AS events, count(*)::int AS devices
FROM (
    SELECT COALESCE(e.context ->> 'original_device_id', e.context ->> 'device_id') AS device_id, count(*) AS events
    FROM {error_logs} AS e
    WHERE
        e."timestamp" >= %(since)s::timestamptz AND e."timestamp" <= %(until)s::timestamptz
        AND e.severity IN ('critical', 'error', 'warning')
        AND (%(severities)s::text[] IS NULL OR e.severity = ANY(%(severities)s))
    GROUP BY 1
) AS c
JOIN {fleet} AS f ON f.device_id = c.device_id
