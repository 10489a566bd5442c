-- What was done to some devices, each from a time of its own on, the latest first: changes of configuration and their
-- rollbacks, jobs and commands, those for a whole site included. The bounds of all stand beside each device's own, so that
-- indexes serve; what is for a device and what is for a site are read apart, so that both are joined by their keys.
WITH chosen AS MATERIALIZED (
    SELECT d.id, d.device_id, d.site_id AS site, s.site_id, d.firmware_version, w.since
    FROM unnest(%(devices)s::int[], %(sinces)s::timestamptz[]) AS w (device, since)
    JOIN {devices} AS d ON d.id = w.device
    JOIN {sites} AS s ON s.id = d.site_id
)
SELECT x.device, x.site, x.site_wide, x.source, x.id, x.what, x.at, x.name, x.old, x.value, x.status, x.reason
FROM (
    SELECT
        k.device, k.site, k.site_wide, 'configuration_history' AS source, k.id, k.what, k.at, k.parameter_name AS name,
        left(CASE json_typeof(k.old_value) WHEN 'object' THEN k.old_value ->> 'value' WHEN 'null' THEN NULL
            ELSE k.old_value #>> ARRAY[]::text[] END, 200) AS old,
        {new_value} AS value,
        CASE WHEN k.was_successful THEN 'successful' WHEN NOT k.was_successful THEN 'unsuccessful' END AS status,
        left(k.reason, 200) AS reason
    FROM (
        SELECT c.id AS device, c.site, c.since, false AS site_wide, 'set' AS what, k.*, k."timestamp"::timestamptz AS at,
            k.change_reason AS reason
        FROM chosen AS c
        JOIN {configuration_history} AS k ON k.entity_type = 'device' AND k.entity_id = c.device_id
        WHERE k."timestamp" >= %(since)s::timestamptz AND k."timestamp" <= %(until)s::timestamptz
        UNION ALL
        SELECT c.id, c.site, c.since, true, 'set', k.*, k."timestamp"::timestamptz, k.change_reason
        FROM chosen AS c
        JOIN {configuration_history} AS k ON k.entity_type = 'site' AND k.entity_id = c.site_id
        WHERE k."timestamp" >= %(since)s::timestamptz AND k."timestamp" <= %(until)s::timestamptz
        UNION ALL
        SELECT c.id, c.site, c.since, false, 'rolled_back', k.*, k.rolled_back_at::timestamptz, k.rollback_reason
        FROM chosen AS c
        JOIN {configuration_history} AS k ON k.entity_type = 'device' AND k.entity_id = c.device_id
        WHERE
            k.was_rolled_back AND k.rolled_back_at >= %(since)s::timestamptz
            AND k.rolled_back_at <= %(until)s::timestamptz
        UNION ALL
        SELECT c.id, c.site, c.since, true, 'rolled_back', k.*, k.rolled_back_at::timestamptz, k.rollback_reason
        FROM chosen AS c
        JOIN {configuration_history} AS k ON k.entity_type = 'site' AND k.entity_id = c.site_id
        WHERE
            k.was_rolled_back AND k.rolled_back_at >= %(since)s::timestamptz
            AND k.rolled_back_at <= %(until)s::timestamptz
    ) AS k
    WHERE k.at >= k.since
    UNION ALL
    SELECT j.device, j.site, j.site_wide, 'jobs', j.id, 'job', j.at, j.action, NULL,
        CASE WHEN j.action ~* 'firmware' THEN COALESCE(j.config_version, j.firmware_version) ELSE j.config_version END,
        j.status, left(j.error_message, 200)
    FROM (
        SELECT c.id AS device, c.site, c.since, c.firmware_version, false AS site_wide, k.id, k.created_at AS at, k.action,
            k.config_version, k.status, k.error_message
        FROM chosen AS c
        JOIN {jobs} AS k ON k.device_id = c.id
        WHERE k.created_at >= %(since)s::timestamptz AND k.created_at <= %(until)s::timestamptz
        UNION ALL
        SELECT c.id, c.site, c.since, c.firmware_version, true, k.id, k.created_at, k.action, k.config_version, k.status,
            k.error_message
        FROM chosen AS c
        JOIN {jobs} AS k ON k.site_id = c.site AND k.device_id IS NULL
        WHERE k.created_at >= %(since)s::timestamptz AND k.created_at <= %(until)s::timestamptz
    ) AS j
    WHERE j.at >= j.since
    UNION ALL
    SELECT c.id, c.site, false, 'device_commands', k.id, 'command', k.created_at, k.command_type, NULL, NULL, k.status,
        NULL
    FROM chosen AS c
    JOIN {device_commands} AS k ON k.device_id = c.id
    WHERE k.created_at >= GREATEST(c.since, %(since)s::timestamptz) AND k.created_at <= %(until)s::timestamptz
) AS x
ORDER BY x.at DESC, x.source, x.id DESC, x.device
LIMIT %(limit)s
