SELECT
    o.site_id AS site, o.day_of_week AS day, extract(epoch FROM o.open_time)::double precision AS opens,
    extract(epoch FROM o.close_time)::double precision AS closes, o.is_closed AS closed,
    o.is_maintenance_window AS maintenance, extract(epoch FROM o.peak_hours_start)::double precision AS peak_from,
    extract(epoch FROM o.peak_hours_end)::double precision AS peak_until, left(o.notes, 200) AS notes,
    s.site_id AS site_id
FROM {site_operating_schedules} AS o JOIN {sites} AS s ON s.id = o.site_id
WHERE o.day_of_week BETWEEN 0 AND 6 AND {in_scope o.site_id}
ORDER BY o.site_id, o.day_of_week, o.id
