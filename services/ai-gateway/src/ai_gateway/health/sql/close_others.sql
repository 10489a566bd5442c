-- What the table has as on but nobody knows of any more, as after a change of version: over when it was last seen. What
-- prediction announces is its own to end.
UPDATE ai_anomaly_logs AS a
SET ended_at = a.last_at
WHERE a.ended_at IS NULL AND a.kind <> 'risk' AND NOT EXISTS (
    SELECT
    FROM unnest(%(device)s::int[], %(kind)s::text[], %(metric)s::text[], %(started_at)s::timestamptz[])
        AS o (device, kind, metric, started_at)
    WHERE
        o.device = a.device AND o.kind = a.kind AND o.metric IS NOT DISTINCT FROM a.metric
        AND o.started_at = a.started_at
)
