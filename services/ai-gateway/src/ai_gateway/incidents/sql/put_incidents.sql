INSERT INTO ai_incidents AS i (
    id, status, severity, category, kind, metric, title, scope, site, sites, opened_at, last_at, acknowledged_at, resolved_at,
    closings, reopened, resolution, change, cause, similar_incidents, revision, created_at
)
SELECT
    r.id, r.status, r.severity, r.category, r.kind, r.metric, r.title, r.scope, r.site, r.sites, r.opened_at, r.last_at,
    r.acknowledged_at, r.resolved_at, r.closings, r.reopened, r.resolution, r.change, r.cause, r.similar_incidents,
    nextval('ai_incident_revisions'), COALESCE(r.created_at, now())
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    id uuid, status text, severity text, category text, kind text, metric text, title text, scope text, site integer, sites integer[],
    opened_at timestamptz, last_at timestamptz, acknowledged_at timestamptz, resolved_at timestamptz,
    closings timestamptz[], reopened integer, resolution text, change text, cause jsonb, similar_incidents jsonb,
    created_at timestamptz
)
ON CONFLICT (id) DO UPDATE SET
    status = EXCLUDED.status, severity = EXCLUDED.severity, category = EXCLUDED.category, kind = EXCLUDED.kind,
    metric = EXCLUDED.metric, title = EXCLUDED.title, scope = EXCLUDED.scope, site = EXCLUDED.site, sites = EXCLUDED.sites,
    opened_at = EXCLUDED.opened_at, last_at = EXCLUDED.last_at, acknowledged_at = EXCLUDED.acknowledged_at,
    resolved_at = EXCLUDED.resolved_at, closings = EXCLUDED.closings, reopened = EXCLUDED.reopened,
    resolution = EXCLUDED.resolution, change = EXCLUDED.change, cause = EXCLUDED.cause,
    similar_incidents = EXCLUDED.similar_incidents, revision = EXCLUDED.revision, updated_at = now()
