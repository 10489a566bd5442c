-- As new_readings: changes of connectivity. HOMEPOT keeps changes of the life cycle in the same table.
SELECT
    array_agg(r.id) AS ids, array_agg(r.device_id) AS devices,
    array_agg(extract(epoch FROM r."timestamp")::double precision) AS at,
    array_agg(r.new_state = 'online') AS up, array_agg(r.new_state IN ('online', 'offline', 'error')) AS told
FROM (
    (SELECT g.* FROM {device_state_history} AS g WHERE g.id = ANY(%(again)s))
    UNION ALL
    (
        SELECT f.*
        FROM {device_state_history} AS f
        WHERE f.id > %(after)s AND f.id <= %(until)s AND f.id <> ALL(%(later)s)
        ORDER BY f.id
        LIMIT %(limit)s
    )
) AS r
HAVING count(*) > 0
