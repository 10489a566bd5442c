SELECT
    f.id, f.device_id, f.name, f.site_name, f.condition, count(*)::int AS events, 0 AS severe,
    max(h."timestamp") AS latest
FROM {device_state_history} AS h
JOIN {fleet} AS f ON f.id = h.device_id
WHERE
    h."timestamp" >= %(since)s::timestamptz AND h."timestamp" <= %(until)s::timestamptz
    AND h.new_state IN ('online', 'offline', 'error') AND f.in_service
GROUP BY f.id, f.device_id, f.name, f.site_name, f.condition
HAVING count(*) >= %(least)s
ORDER BY events DESC, f.name
LIMIT %(limit)s
