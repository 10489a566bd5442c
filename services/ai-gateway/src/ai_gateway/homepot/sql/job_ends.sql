-- Jobs of the sites in view that ended, as columns, the newest of them. A job of a whole site has no device.
SELECT
    COALESCE(array_agg(j.device), '{}') AS devices, COALESCE(array_agg(j.device_type), '{}') AS types,
    COALESCE(array_agg(j.at), '{}') AS at, COALESCE(array_agg(j.succeeded), '{}') AS succeeded
FROM (
    SELECT
        COALESCE(j.device_id, 0) AS device, COALESCE(d.device_type, '') AS device_type,
        extract(epoch FROM j.created_at)::bigint AS at, j.succeeded
    FROM {jobs_ended} AS j
    LEFT JOIN {devices} AS d ON d.id = j.device_id
    WHERE
        j.created_at >= %(since)s::timestamptz AND j.created_at <= %(until)s::timestamptz
        AND {in_scope j.site_id}
        AND (%(action)s::text IS NULL OR strpos(lower(j.action), lower(%(action)s)) > 0)
    ORDER BY j.created_at DESC, j.id DESC
    LIMIT %(limit)s
) AS j
