-- When some devices were in trouble, as columns, in seconds since 1970; what has not ended, ends now.
SELECT
    COALESCE(array_agg(a.device), '{}') AS devices,
    COALESCE(array_agg(extract(epoch FROM a.started_at)::bigint), '{}') AS since,
    COALESCE(array_agg(extract(epoch FROM COALESCE(a.ended_at, %(until)s))::bigint), '{}') AS until
FROM ai_anomaly_logs AS a
WHERE
    {in_scope a.site} AND a.device = ANY(%(devices)s) AND a.severity IN ('critical', 'warning')
    AND a.last_at >= %(since)s AND a.started_at <= %(until)s
