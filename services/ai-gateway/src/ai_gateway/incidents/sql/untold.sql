-- Incidents that changed after a position, for memory, in the order of their changes.
SELECT
    i.id, i.severity, i.category, i.kind, i.title, i.site, i.opened_at, i.resolved_at, i.resolution, i.cause, i.revision,
    i.similar_incidents IS NULL AS unsought,
    ARRAY(SELECT d.device FROM ai_incident_devices AS d WHERE d.incident = i.id ORDER BY d.device LIMIT 2) AS devices
FROM ai_incidents AS i
WHERE i.revision > %(position)s
ORDER BY i.revision
LIMIT %(limit)s
