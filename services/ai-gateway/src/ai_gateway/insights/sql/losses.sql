-- What a site went through: anomalies that were on, and hours in which its devices were silent, those of several spells of
-- one device counted once.
WITH spells AS (
    SELECT
        a.device, a.kind,
        tstzrange(GREATEST(a.started_at, %(since)s), GREATEST(LEAST(COALESCE(a.ended_at, %(until)s), %(until)s),
            GREATEST(a.started_at, %(since)s))) AS span
    FROM ai_anomaly_logs AS a
    WHERE {in_scope a.site} AND a.last_at >= %(since)s AND a.started_at <= %(until)s
),
silent AS (
    SELECT s.device, unnest(range_agg(s.span)) AS span FROM spells AS s WHERE s.kind = 'silence' GROUP BY s.device
)
SELECT
    (SELECT count(*)::int FROM spells) AS anomalies,
    COALESCE((SELECT sum(extract(epoch FROM upper(s.span) - lower(s.span))) FROM silent AS s), 0)::double precision AS silent_s
