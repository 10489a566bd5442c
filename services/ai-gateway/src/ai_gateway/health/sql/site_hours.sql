-- Some devices by the hour: how many of them sent readings, and their transactions.
SELECT
    h.hour, count(*)::int AS devices, COALESCE(sum(h.total[m.position]), 0)::double precision AS transactions
FROM ai_reading_hours AS h
LEFT JOIN ai_metrics AS m ON m.name = 'transaction_count'
WHERE {in_scope h.site} AND h.device = ANY(%(devices)s) AND h.hour >= %(since)s AND h.hour < %(until)s
GROUP BY h.hour
ORDER BY h.hour
