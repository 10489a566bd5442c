-- Logged errors of the devices in view by what they say, numbers left out, the most frequent first. `late`: those of
-- `recent` and later; `total`: errors of all patterns. `days`: days of a device on which it came, of which `late_days` are late.
SELECT
    o.severity, o.category, o.error_code, o.pattern, sum(o.events)::int AS events,
    count(DISTINCT o.device)::int AS devices,
    COALESCE(sum(o.events) FILTER (WHERE o.day >= 0), 0)::int AS late,
    count(*)::int AS days, (count(*) FILTER (WHERE o.day >= 0))::int AS late_days,
    min(o.first_at) AS first_at, max(o.last_at) AS last_at, (sum(sum(o.events)) OVER ())::int AS total
FROM (
    -- By devices and days first: few rows are left of many. Days count from `recent`, so that each is late or not.
    SELECT
        e.severity, e.category, e.error_code, e.pattern, d.id AS device,
        floor(date_part('epoch', e."timestamp"::timestamptz - %(recent)s::timestamptz) / 86400)::int AS day,
        count(*) AS events, min(e."timestamp") AS first_at, max(e."timestamp") AS last_at
    FROM (
        -- Runs of digits become one #, by steps that are four times as fast as a regular expression.
        SELECT
            e.*, replace(replace(replace(replace(
                translate(left(e.error_message, 200), '0123456789', '##########'), '####', '#'), '##', '#'), '##', '#'
            ), '##', '#') AS pattern
        FROM {errors_logged} AS e
    ) AS e
    JOIN {devices} AS d ON d.device_id = e.logged_by
    WHERE {scope} AND (%(categories)s::text[] IS NULL OR e.category = ANY(%(categories)s))
    GROUP BY 1, 2, 3, 4, 5, 6
) AS o
GROUP BY 1, 2, 3, 4
ORDER BY events DESC, last_at DESC, o.pattern
LIMIT %(limit)s
