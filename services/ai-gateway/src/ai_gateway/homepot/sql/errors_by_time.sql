-- How many errors devices in view logged in each hour, day or week (UTC) that had any.
SELECT date_trunc(%(unit)s, e."timestamp") AS at, count(*)::int AS events
FROM {errors_logged} AS e
JOIN {devices} AS d ON d.device_id = e.logged_by
WHERE
    {scope}
    AND (%(categories)s::text[] IS NULL OR e.category = ANY(%(categories)s))
GROUP BY 1
ORDER BY 1
