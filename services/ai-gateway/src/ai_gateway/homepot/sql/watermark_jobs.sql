-- The newest command, and the newest jobs: their states, and of the very newest the words.
(
    SELECT concat(max(j.id), ':', sum(hashtextextended(COALESCE(j.status, ''), j.id)), ':', sum(
        CASE WHEN j.id > n.newest - %(edited_ids)s THEN hashtextextended(concat_ws(chr(31), j.action, j.site_id,
        j.device_id, j.error_message, j.created_at, j.completed_at), j.id) END), ':',
        (SELECT max(k.id) FROM {device_commands} AS k))
    FROM (SELECT max(x.id) AS newest FROM {jobs} AS x) AS n
    JOIN {jobs} AS j ON j.id > n.newest - %(newest_ids)s
)
