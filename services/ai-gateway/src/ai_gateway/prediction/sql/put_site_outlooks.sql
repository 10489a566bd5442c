-- Of each site, with its health as of the last scan; a day's scores add up, so that their mean is the day's.
INSERT INTO ai_site_outlooks AS o (
    site, day, as_of, basis, devices, hours, expected, expected_squared, low, low_squared, high, high_squared,
    score_total, score_count
)
SELECT
    n.site, %(day)s, %(as_of)s, %(basis)s, n.devices, %(hours)s::real[],
    n.expected::float8[], n.expected_squared::float8[], n.low::float8[], n.low_squared::float8[],
    n.high::float8[], n.high_squared::float8[],
    coalesce(h.score * (h.devices - h.unknown), 0), CASE WHEN h.score IS NULL THEN 0 ELSE h.devices - h.unknown END
FROM unnest(
    %(site)s::int[], %(devices)s::int[], %(expected)s::text[], %(expected_squared)s::text[], %(low)s::text[],
    %(low_squared)s::text[], %(high)s::text[], %(high_squared)s::text[]
) AS n (site, devices, expected, expected_squared, low, low_squared, high, high_squared)
LEFT JOIN ai_site_health AS h ON h.site = n.site
ON CONFLICT (site, day) DO UPDATE SET
    as_of = EXCLUDED.as_of, basis = EXCLUDED.basis, devices = EXCLUDED.devices, hours = EXCLUDED.hours,
    expected = EXCLUDED.expected, expected_squared = EXCLUDED.expected_squared, low = EXCLUDED.low,
    low_squared = EXCLUDED.low_squared, high = EXCLUDED.high, high_squared = EXCLUDED.high_squared,
    score_total = o.score_total + EXCLUDED.score_total, score_count = o.score_count + EXCLUDED.score_count
