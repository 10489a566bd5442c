SELECT
    id, source, source_key, title, description, severity, category, site, site_name, device_id, device_name, device_type,
    occurred_at, resolved_at, cause, resolution, helped
FROM ai_incident_patterns
WHERE id = %(id)s AND {in_scope site}
