-- Counted by bare columns first: the words for 10,000 devices cost more than those for 100 groups.
SELECT
    v.site_id, s.name AS site_name, v.device_type, v.condition, v.connectivity, v.health_state, v.in_service,
    {labels} AS labels, v.devices
FROM (
    SELECT
        f.site_id, f.device_type, f.condition, f.connectivity, f.health_state, f.lifecycle_state, f.in_service,
        count(*)::int AS devices
    FROM {fleet} AS f
    GROUP BY f.site_id, f.device_type, f.condition, f.connectivity, f.health_state, f.lifecycle_state, f.in_service
) AS v
JOIN {sites} AS s ON s.id = v.site_id
