-- The mean health of all devices in scope on each day of which anything is known.
SELECT o.day, sum(o.score_total) / sum(o.score_count) AS score
FROM ai_site_outlooks AS o
WHERE {in_scope o.site} AND o.day >= %(since)s
GROUP BY o.day
HAVING sum(o.score_count) > 0
ORDER BY o.day
