-- What happened to devices in a stretch of time, as columns: the first of each kind in each hour. What was done to a whole
-- site was done to its devices. Of a job and a command the end is meant, and until then it has not happened.
SELECT
    coalesce(array_agg(h.device ORDER BY h.device, h.kind, h.at), '{}') AS devices,
    coalesce(array_agg(h.kind ORDER BY h.device, h.kind, h.at), '{}') AS kinds,
    coalesce(array_agg(extract(epoch FROM h.at)::bigint ORDER BY h.device, h.kind, h.at), '{}') AS at
FROM (
    SELECT x.device, x.kind, min(x.at) AS at
    FROM (
        SELECT
            d.id AS device, CASE WHEN e.severity = 'critical' THEN 'logged_critical' ELSE 'logged_error' END AS kind,
            e."timestamp"::timestamptz AS at
        FROM {errors_logged} AS e
        JOIN {devices} AS d ON d.device_id = e.logged_by
        UNION ALL
        SELECT
            coalesce(j.device_id, d.id),
            CASE
                WHEN NOT j.succeeded THEN 'failed_job'
                WHEN j.action ~* 'firmware' THEN 'firmware_update'
                ELSE 'finished_job'
            END,
            j.at
        FROM (
            SELECT k.*, coalesce(k.completed_at, k.created_at) AS at
            FROM {jobs_ended} AS k
        ) AS j
        LEFT JOIN {devices} AS d ON j.device_id IS NULL AND d.site_id = j.site_id
        WHERE j.at >= %(since)s::timestamptz AND j.at <= %(until)s::timestamptz
        UNION ALL
        SELECT k.device_id, 'command', k.executed_at
        FROM {device_commands} AS k
        WHERE k.executed_at >= %(since)s::timestamptz AND k.executed_at <= %(until)s::timestamptz
        UNION ALL
        SELECT coalesce(d.id, e.id), 'configuration', k.at
        FROM (
            SELECT c.entity_type, c.entity_id, v.at::timestamptz AS at
            FROM {configuration_history} AS c
            CROSS JOIN LATERAL (VALUES (c."timestamp"), (c.rolled_back_at)) AS v (at)
            WHERE v.at >= %(since)s::timestamptz AND v.at <= %(until)s::timestamptz
        ) AS k
        LEFT JOIN {devices} AS d ON k.entity_type = 'device' AND d.device_id = k.entity_id
        LEFT JOIN {sites} AS s ON k.entity_type = 'site' AND s.site_id = k.entity_id
        LEFT JOIN {devices} AS e ON e.site_id = s.id
        UNION ALL
        SELECT t.device_id, 'error_state', t."timestamp"::timestamptz
        FROM {device_state_history} AS t
        WHERE
            t.new_state = 'error' AND t."timestamp" >= %(since)s::timestamptz
            AND t."timestamp" <= %(until)s::timestamptz
        UNION ALL
        SELECT d.id, 'critical_alert', a."timestamp"::timestamptz
        FROM {alerts} AS a
        JOIN {devices} AS d ON d.device_id = a.device_id
        WHERE
            a.severity = 'critical' AND a."timestamp" >= %(since)s::timestamptz
            AND a."timestamp" <= %(until)s::timestamptz
    ) AS x
    GROUP BY x.device, x.kind, date_trunc('hour', x.at)
) AS h
WHERE h.device IS NOT NULL
