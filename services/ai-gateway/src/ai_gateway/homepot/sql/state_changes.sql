SELECT
    h.id, h."timestamp" AS at, h.previous_state, h.new_state, h.reason, f.device_id, f.name AS device_name
FROM {device_state_history} AS h
JOIN {fleet} AS f ON f.id = h.device_id
WHERE h."timestamp" >= %(since)s::timestamptz AND h."timestamp" <= %(until)s::timestamptz
ORDER BY h."timestamp" DESC, h.id DESC
LIMIT %(limit)s
