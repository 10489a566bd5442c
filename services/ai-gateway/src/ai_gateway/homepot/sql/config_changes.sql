SELECT
    c.id, c."timestamp" AS at, c.parameter_name, c.old_value::text AS old_value, c.new_value::text AS new_value,
    c.changed_by, c.change_reason, c.was_successful, c.was_rolled_back, c.rollback_reason, c.rolled_back_at,
    c.device_id, c.device_name, c.site_name
FROM (
    SELECT h.*, f.device_id, f.name AS device_name, f.site_name
    FROM {configuration_history} AS h
    JOIN {fleet} AS f ON h.entity_type = 'device' AND h.entity_id = f.device_id
    WHERE h."timestamp" >= %(since)s::timestamptz AND h."timestamp" <= %(until)s::timestamptz
    UNION ALL
    SELECT h.*, NULL, NULL, s.name
    FROM {configuration_history} AS h
    JOIN {sites} AS s ON h.entity_type = 'site' AND h.entity_id = s.site_id
    WHERE
        h."timestamp" >= %(since)s::timestamptz AND h."timestamp" <= %(until)s::timestamptz
        AND %(devices)s::int[] IS NULL AND %(types)s::text[] IS NULL
        AND {in_scope s.id}
) AS c
WHERE
    (NOT %(rolled_back_only)s OR c.was_rolled_back)
    AND (%(parameter)s::text IS NULL OR lower(c.parameter_name) = %(parameter)s)
ORDER BY c."timestamp" DESC, c.id DESC
LIMIT %(limit)s
