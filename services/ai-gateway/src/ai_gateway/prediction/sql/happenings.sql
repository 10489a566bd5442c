-- As signs.sql: what HOMEPOT told of devices, as columns.
SELECT
    coalesce(array_agg(h.device), '{}') AS devices, coalesce(array_agg(h.kind), '{}') AS kinds,
    coalesce(array_agg(extract(epoch FROM h.at)::bigint), '{}') AS at
FROM ai_device_happenings AS h
WHERE h.at >= %(since)s AND h.at <= %(until)s
