-- Absorbed incidents become names of the one that absorbed them, with the names that they had themselves.
WITH absorbed AS (
    SELECT r.alias, r.incident FROM unnest(%(aliases)s::uuid[], %(incidents)s::uuid[]) AS r (alias, incident)
),
moved AS (
    UPDATE ai_incident_aliases AS l SET incident = a.incident FROM absorbed AS a WHERE l.incident = a.alias
)
INSERT INTO ai_incident_aliases (alias, incident)
SELECT a.alias, a.incident FROM absorbed AS a
ON CONFLICT (alias) DO UPDATE SET incident = EXCLUDED.incident
