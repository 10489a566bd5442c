-- The devices whose readings count: those in service, and any that the view names. As columns, for there may be many.
SELECT
    COALESCE(array_agg(f.id ORDER BY f.id), '{}') AS ids, COALESCE(array_agg(f.site_id ORDER BY f.id), '{}') AS sites,
    COALESCE(array_agg(f.device_type ORDER BY f.id), '{}') AS types,
    (SELECT COALESCE(max(r.id), 0) FROM {device_metrics} AS r) AS newest
FROM {fleet} AS f
WHERE f.in_service OR %(devices)s::int[] IS NOT NULL
