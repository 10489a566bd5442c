SELECT a.severity, a.category, COALESCE(f.site_name, s.name) AS site_name, count(*)::int AS alerts
FROM {alerts} AS a
LEFT JOIN {fleet} AS f ON f.device_id = a.device_id
LEFT JOIN {sites} AS s ON s.id = a.site_id
WHERE
    -- An alert of a device in view, or one that names a site in view and no device.
    (
        f.id IS NOT NULL
        OR (
            a.device_id IS NULL AND %(devices)s::int[] IS NULL AND %(types)s::text[] IS NULL
            AND (%(sites)s::int[] IS NULL OR a.site_id = ANY(%(sites)s))
        )
    )
    AND a.status = ANY(%(statuses)s)
    AND (%(severities)s::text[] IS NULL OR a.severity = ANY(%(severities)s))
    AND (%(categories)s::text[] IS NULL OR a.category = ANY(%(categories)s))
    AND (%(since)s::timestamptz IS NULL OR a."timestamp" >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR a."timestamp" < %(until)s)
GROUP BY a.severity, a.category, COALESCE(f.site_name, s.name)
