INSERT INTO ai_anomaly_logs AS a (
    device, site, kind, metric, started_at, last_at, ended_at, detected_at, severity, score, value, expected, lower,
    upper, explained, detail
)
SELECT
    n.device, n.site, n.kind, n.metric, n.started_at, n.last_at, n.ended_at, %(now)s, n.severity, n.score, n.value,
    n.expected, n.lower, n.upper, n.explained::jsonb, n.detail
FROM unnest(
    %(device)s::int[], %(site)s::int[], %(kind)s::text[], %(metric)s::text[], %(started_at)s::timestamptz[],
    %(last_at)s::timestamptz[], %(ended_at)s::timestamptz[], %(severity)s::text[], %(score)s::real[],
    %(value)s::double precision[], %(expected)s::double precision[], %(lower)s::double precision[],
    %(upper)s::double precision[], %(explained)s::text[], %(detail)s::text[]
) AS n (
    device, site, kind, metric, started_at, last_at, ended_at, severity, score, value, expected, lower, upper,
    explained, detail
)
ON CONFLICT (device, kind, metric, started_at) DO UPDATE SET
    site = EXCLUDED.site, last_at = EXCLUDED.last_at, ended_at = EXCLUDED.ended_at, severity = EXCLUDED.severity,
    score = EXCLUDED.score, value = EXCLUDED.value, expected = EXCLUDED.expected, lower = EXCLUDED.lower,
    upper = EXCLUDED.upper, explained = EXCLUDED.explained, detail = EXCLUDED.detail
