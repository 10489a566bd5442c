-- Changes when the rows behind an answer do: of devices the state, and the last heartbeat where an answer would tell it, as it
-- is now, so that a device that falls silent counts too; of each other stream that is asked for what is newest, the words of
-- its newest rows, which somebody may edit, and of what is still open. Telemetry of named devices counts by their own rows.
SELECT concat_ws(
    '/',
    (
        SELECT concat(count(*), ':', sum(hashtextextended(concat_ws(chr(31), f.id, f.device_id, f.name, f.device_type,
            f.site_name, f.condition, f.connectivity, f.health_state, f.lifecycle_state, f.firmware_version, f.os_details,
            f.ip_address, CASE WHEN f.condition <> 'online' OR %(devices)s::int[] IS NOT NULL THEN f.last_heartbeat_at
            END), 0)))
        FROM {fleet} AS f
    ),
    CASE WHEN %(readings)s THEN
        CASE WHEN %(devices)s::int[] IS NULL THEN (SELECT max(r.id)::text FROM {device_metrics} AS r) ELSE (
            SELECT concat(max(r."timestamp"), ':', sum(r.lately))
            FROM {devices} AS d
            CROSS JOIN LATERAL (
                SELECT
                    max(m."timestamp") AS "timestamp",
                    count(*) FILTER (WHERE m."timestamp" > %(now)s::timestamptz - interval '1 hour') AS lately
                FROM (
                    SELECT x."timestamp" FROM {device_metrics} AS x
                    WHERE x.device_id = d.id ORDER BY x."timestamp" DESC LIMIT 500
                ) AS m
            ) AS r
            WHERE {scope}
        ) END
    END,
    CASE WHEN %(checks)s THEN (SELECT max(c.id)::text FROM {health_checks} AS c) END,
    CASE WHEN %(states)s THEN (SELECT max(h.id)::text FROM {device_state_history} AS h) END,
    CASE WHEN %(alerts)s THEN (
        SELECT concat(
            (SELECT max(a.id) FROM {alerts} AS a), ':',
            (SELECT concat(count(*), ':', sum(hashtextextended(concat_ws(chr(31), a.id, a.status, a.severity, a.category,
                a.title, a.description, a."timestamp", a.device_id, a.site_id, a.resolved_at, a.resolution_notes), 0)))
                FROM {alerts} AS a
                WHERE a.status = ANY(%(open)s) OR a.id > (SELECT max(x.id) FROM {alerts} AS x) - %(edited_ids)s))
    ) END,
    CASE WHEN %(errors)s THEN (
        SELECT concat(max(e.id), ':', sum(hashtextextended(concat_ws(chr(31), e.id, e.severity, e.category, e.error_code,
            e.error_message, e."timestamp"), 0)))
        FROM {error_logs} AS e WHERE e.id > (SELECT max(x.id) FROM {error_logs} AS x) - %(edited_ids)s
    ) END,
    (
        SELECT concat(max(g.id), ':', max(g.rolled_back_at))
        FROM {configuration_history} AS g
        WHERE g.id > (SELECT max(x.id) FROM {configuration_history} AS x) - %(newest_ids)s
    ),
    (
        SELECT sum(hashtextextended(concat_ws(chr(31), g.id, g.parameter_name, g.old_value, g.new_value, g.changed_by,
            g.change_reason, g.was_successful, g.was_rolled_back, g.rollback_reason), 0))
        FROM {configuration_history} AS g
        WHERE g.id > (SELECT max(x.id) FROM {configuration_history} AS x) - %(edited_ids)s
    ),
    CASE WHEN %(jobs)s THEN (
        SELECT concat(
            (
                SELECT concat(max(j.id), ':', sum(hashtextextended(concat(j.id, j.status), 0)))
                FROM {jobs} AS j WHERE j.id > (SELECT max(x.id) FROM {jobs} AS x) - %(newest_ids)s
            ), ':', (
                SELECT sum(hashtextextended(concat_ws(chr(31), j.id, j.action, j.site_id, j.device_id, j.error_message,
                    j.created_at, j.completed_at), 0))
                FROM {jobs} AS j WHERE j.id > (SELECT max(x.id) FROM {jobs} AS x) - %(edited_ids)s
            ), ':', (SELECT max(k.id) FROM {device_commands} AS k))
    ) END
) AS digest
