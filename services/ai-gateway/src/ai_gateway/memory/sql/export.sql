SELECT
    source, source_key, content_hash, title, description, severity, category, site, site_name, device_id, device_name,
    device_type, occurred_at, resolved_at, cause, resolution, helped, by_hand,
    (
        SELECT json_agg(json_build_object('owner', owner, 'useful', useful, 'at', at) ORDER BY at, owner)
        FROM ai_memory_feedback
        WHERE incident = one.id
    ) AS votes
FROM ai_incident_patterns AS one
ORDER BY id
