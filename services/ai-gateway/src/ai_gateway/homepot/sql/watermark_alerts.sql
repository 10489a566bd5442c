-- The newest alert, and the words of the newest and of all that are open.
(
    SELECT concat(
        (SELECT max(a.id) FROM {alerts} AS a), ':', count(*), ':',
        sum(hashtextextended(concat_ws(chr(31), a.status, a.severity, a.category, a.title, a.description, a."timestamp",
            a.device_id, a.site_id, a.resolved_at, a.resolution_notes), a.id)))
    FROM {alerts} AS a
    WHERE a.status = ANY(%(open)s) OR a.id > (SELECT max(x.id) FROM {alerts} AS x) - %(edited_ids)s
)
