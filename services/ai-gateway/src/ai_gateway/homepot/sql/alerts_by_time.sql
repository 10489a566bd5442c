-- How many of the alerts asked for were raised in each hour, day or week (UTC) that had any.
SELECT date_trunc(%(unit)s, a."timestamp") AS at, count(*)::int AS events
FROM {alerts_in_view} AS a
GROUP BY 1
ORDER BY 1
