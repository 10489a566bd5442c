-- Logged errors of the devices in view by code, category or severity, the most frequent first.
SELECT
    k.kind, count(*)::int AS events, count(DISTINCT k.id)::int AS devices,
    mode() WITHIN GROUP (ORDER BY k.message) AS message,
    (sum(count(*)) OVER ())::int AS total, (count(*) OVER ())::int AS kinds
FROM (
    SELECT
        CASE %(by)s WHEN 'category' THEN e.category WHEN 'severity' THEN e.severity ELSE nullif(e.error_code, '') END
        AS kind,
        d.id, left(e.error_message, 200) AS message
    FROM {errors_logged} AS e
    JOIN {devices} AS d ON d.device_id = e.logged_by
    WHERE
        {scope}
        AND (%(categories)s::text[] IS NULL OR e.category = ANY(%(categories)s))
) AS k
GROUP BY k.kind
ORDER BY events DESC, k.kind NULLS LAST
LIMIT %(limit)s
