-- All metrics of one device by hour, oldest first; arrays as in ai_reading_hours.
SELECT h.hour, h.samples, h.total, h.low, h.high
FROM ai_reading_hours AS h
WHERE
    h.device = %(device)s
    AND {in_scope h.site}
    AND h.hour >= %(since)s AND h.hour < %(until)s
ORDER BY h.hour
