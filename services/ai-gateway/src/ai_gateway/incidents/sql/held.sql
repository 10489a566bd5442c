-- Incidents as they are stored, held until the end of the transaction.
SELECT
    i.id, i.status, i.severity, i.category, i.kind, i.metric, i.acknowledged_at, i.closings, i.reopened, i.resolution,
    i.change, i.similar_incidents, i.created_at
FROM ai_incidents AS i
WHERE i.id = ANY(%(incidents)s)
ORDER BY i.id
FOR UPDATE
