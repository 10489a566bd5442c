-- Every device, as columns: its type, since when HOMEPOT has it, and whose it is.
SELECT
    coalesce(array_agg(d.id), '{}') AS devices, coalesce(array_agg(d.device_type), '{}') AS types,
    coalesce(array_agg(extract(epoch FROM d.created_at)::bigint), '{}') AS at,
    coalesce(array_agg(s.tenant_id), '{}') AS tenants
FROM {devices} AS d
LEFT JOIN {sites} AS s ON s.id = d.site_id
