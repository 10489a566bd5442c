-- Of the last round alone: a site that is watched no more has no later row.
SELECT
    o.site, o.as_of, o.basis, o.devices, o.hours, o.expected, o.expected_squared, o.low, o.low_squared, o.high,
    o.high_squared
FROM ai_site_outlooks AS o
WHERE {in_scope o.site} AND o.as_of = (SELECT max(l.as_of) FROM ai_site_outlooks AS l)
ORDER BY o.site
