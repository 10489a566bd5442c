-- Every device, as columns. `in_service` is told, not filtered by: Postgres would expect hardly any device to be left,
-- and look through all sites for each.
SELECT
    array_agg(d.id) AS ids, array_agg(d.site_id) AS sites, array_agg(d.device_type) AS types,
    array_agg(extract(epoch FROM d.last_heartbeat_at)::double precision) AS heard,
    array_agg(d.health_state = 'maintenance') AS resting,
    array_agg(
        d.is_active AND d.lifecycle_state IN ('active', 'pending') AND s.is_active AND s.lifecycle_state = 'active'
    ) AS in_service
FROM {devices} AS d
JOIN {sites} AS s ON s.id = d.site_id
HAVING count(*) > 0
