SELECT s.id, s.site_id, s.name, s.location, s.tenant_id, s.is_active AND s.lifecycle_state = 'active' AS in_service, t.slug AS tenant
FROM {sites} AS s
LEFT JOIN {tenants} AS t ON t.id = s.tenant_id
ORDER BY s.id
