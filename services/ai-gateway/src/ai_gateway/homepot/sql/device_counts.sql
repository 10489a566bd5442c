-- Counted by bare columns first: the words for 10,000 devices cost more than those for 100 groups.
SELECT
    f.site_id, f.device, f.site_name, f.device_type, f.condition, f.connectivity, f.health_state, f.in_service, f.labels,
    f.devices
FROM (
    SELECT v.*, {labels} AS labels
    FROM (
        SELECT v.*, {words}
        FROM (
            SELECT
                m.site_id, m.site_name, m.device_type, m.health_state, m.lifecycle_state, m.enabled, m.heard,
                CASE WHEN %(devices)s::int[] IS NOT NULL THEN m.id END AS device, count(*)::int AS devices
            FROM {members} AS m
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        ) AS v
    ) AS v
) AS f
ORDER BY f.site_id, f.device_type, f.condition, f.devices
