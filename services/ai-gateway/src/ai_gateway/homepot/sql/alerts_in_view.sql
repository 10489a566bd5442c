-- The alerts asked for: those of a device in view, and those that name a site in view and no device.
(
    SELECT
        a.*, d.id AS device, d.name AS device_name, d.device_type, COALESCE(d.site_id, a.site_id) AS site
    FROM {alerts} AS a
    LEFT JOIN {devices} AS d ON d.device_id = a.device_id AND {scope}
    WHERE
        (
            d.id IS NOT NULL
            OR (
                a.device_id IS NULL AND %(devices)s::int[] IS NULL AND %(types)s::text[] IS NULL
                AND {in_scope a.site_id}
            )
        )
        AND a.status = ANY(%(statuses)s)
        AND (%(severities)s::text[] IS NULL OR a.severity = ANY(%(severities)s))
        AND (%(categories)s::text[] IS NULL OR a.category = ANY(%(categories)s))
        AND (%(about)s::text IS NULL OR a.title ~* %(about)s)
        AND (%(resolver)s::text IS NULL OR starts_with(lower(a.resolved_by), %(resolver)s))
        AND (%(since)s::timestamptz IS NULL OR a."timestamp" >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR a."timestamp" < %(until)s)
)
