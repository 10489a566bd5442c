-- Findings that are over: each ended when it was last seen, unless somebody or the report itself said when.
WITH over AS (
    DELETE FROM ai_findings
    WHERE site = %(site)s AND reporter = %(reporter)s AND subject = ANY(%(subjects)s)
    RETURNING source_key, last_at
)

UPDATE ai_incident_patterns AS p
SET resolved_at = GREATEST(over.last_at, p.occurred_at), content_hash = '', updated_at = now()
FROM over
WHERE p.source = %(source)s AND p.source_key = over.source_key AND p.resolved_at IS NULL
