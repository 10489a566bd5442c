SELECT
    o.site_id AS site, o.day_of_week AS day, extract(epoch FROM o.open_time)::double precision AS opens,
    extract(epoch FROM o.close_time)::double precision AS closes, o.is_closed AS closed,
    o.is_maintenance_window AS maintenance
FROM {site_operating_schedules} AS o
WHERE o.day_of_week BETWEEN 0 AND 6
ORDER BY o.site_id, o.day_of_week, o.id
