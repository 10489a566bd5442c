-- Changes when the rows behind an answer do: of devices the state, and the last heartbeat where an answer would tell it, as it
-- is now, so that a device that falls silent counts too; of changes of configuration, and of each other stream that is asked
-- for (`watermark_*.sql`), what is newest and the words of its newest rows, which somebody may edit. It is read for every
-- question. So a device's texts are hashed one into the next: to write 10,000 rows out as one text each takes three times as
-- long; and what is not asked for does not stand here, as Postgres would plan it all the same.
SELECT concat_ws(
    '/',
    (
        SELECT concat(count(*), ':', sum(
            hashtextextended(COALESCE(d.device_id, ''), hashtextextended(COALESCE(d.name, ''),
            hashtextextended(COALESCE(d.device_type, ''), hashtextextended(COALESCE(d.firmware_version, ''),
            hashtextextended(COALESCE(d.os_details, ''), hashtextextended(COALESCE(d.ip_address, ''), CASE
                WHEN d.quiet AND d.health_state = 'healthy' AND d.lifecycle_state = 'active' THEN d.site_id
                ELSE hashtextextended(concat_ws(chr(31), d.is_active, d.health_state, d.lifecycle_state, d.heard, CASE
                    WHEN
                        d.quiet AND d.health_state NOT IN ('error', 'warning', 'maintenance')
                        AND d.lifecycle_state IN ('active', 'pending') THEN ''
                    ELSE d.last_heartbeat_at::text
                END), d.site_id)
            END))))))
        ))
        FROM (
            SELECT
                d.*, h.heard,
                -- no answer tells when it was heard of last, unless it is named or its recorded state is told
                %(devices)s::int[] IS NULL AND h.heard AND d.is_active AND d.site_id <> ALL(
                    ARRAY(SELECT s.id FROM {sites} AS s WHERE NOT s.is_active OR s.lifecycle_state <> 'active')
                ) AS quiet
            FROM {devices} AS d
            CROSS JOIN LATERAL (SELECT d.last_heartbeat_at >= %(heard_since)s::timestamptz AS heard) AS h
            WHERE {scope}
        ) AS d
    ),
    (
        SELECT concat(count(*), ':', sum(hashtextextended(concat_ws(chr(31), s.name, s.location, s.is_active,
            s.lifecycle_state), s.id)))
        FROM {sites} AS s
        WHERE {in_scope s.id}
    ),
    (
        SELECT concat(max(g.id), ':', max(g.rolled_back_at), ':', sum(CASE WHEN g.id > n.newest - %(edited_ids)s THEN
            hashtextextended(concat_ws(chr(31), g.parameter_name, g.old_value, g.new_value, g.changed_by, g.change_reason,
            g.was_successful, g.was_rolled_back, g.rollback_reason), g.id) END))
        FROM (SELECT max(x.id) AS newest FROM {configuration_history} AS x) AS n
        JOIN {configuration_history} AS g ON g.id > n.newest - %(newest_ids)s
    )
    {streams}
) AS digest
