-- Errors that have a code (in capitals), or name it in their message, by device, those with the most first. A number alone
-- means every code that ends with it.
SELECT
    f.device_id, f.name, f.condition, c.code, c.severity, c.category, c.message, c.events, c.total, c.devices, c.since, c.latest
FROM (
    SELECT
        d.id, count(*)::int AS events, mode() WITHIN GROUP (ORDER BY nullif(e.error_code, '')) AS code,
        mode() WITHIN GROUP (ORDER BY e.severity) AS severity,
        mode() WITHIN GROUP (ORDER BY e.category) AS category,
        mode() WITHIN GROUP (ORDER BY left(e.error_message, 200)) AS message,
        (sum(count(*)) OVER ())::int AS total, (count(*) OVER ())::int AS devices,
        min(min(e."timestamp")) OVER () AS since, max(max(e."timestamp")) OVER () AS latest
    FROM {errors_logged} AS e
    JOIN {devices} AS d ON d.device_id = e.logged_by
    WHERE
        {scope}
        AND (
            upper(e.error_code) = %(code)s
            OR (%(code)s ~ '^[0-9]+$' AND e.error_code ~ ('[^0-9]' || %(code)s || '$'))
            OR upper(e.error_message) ~ ('(^|[^[:alnum:]])' || %(code)s || '($|[^[:alnum:]])')
        )
    GROUP BY d.id
    ORDER BY events DESC, d.id
    LIMIT %(limit)s
) AS c
JOIN {fleet} AS f ON f.id = c.id
ORDER BY c.events DESC, f.name
