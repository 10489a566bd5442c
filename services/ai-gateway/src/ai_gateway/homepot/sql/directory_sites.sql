SELECT s.id, s.site_id, s.name, s.location, s.tenant_id, s.is_active AND s.lifecycle_state = 'active' AS in_service
FROM {sites} AS s
ORDER BY s.id
