SELECT
    source, source_key, content_hash, title, description, severity, category, site, site_name, device_id, device_name,
    device_type, occurred_at, resolved_at, cause, resolution, helped, by_hand
FROM ai_incident_patterns
ORDER BY id
