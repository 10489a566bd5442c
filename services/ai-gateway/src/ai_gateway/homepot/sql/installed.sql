-- Every device, as columns: its type, and since when HOMEPOT has it.
SELECT
    coalesce(array_agg(d.id), '{}') AS devices, coalesce(array_agg(d.device_type), '{}') AS types,
    coalesce(array_agg(extract(epoch FROM d.created_at)::bigint), '{}') AS at
FROM {devices} AS d
