-- One metric by device and hour, oldest first. Hours begin on the hour: the one that `since` lies in belongs to it.
SELECT
    h.device, h.hour, h.samples[m.position] AS samples, h.total[m.position] AS total, h.low[m.position] AS low,
    h.high[m.position] AS high
FROM ai_reading_hours AS h
JOIN ai_metrics AS m ON m.name = %(metric)s
WHERE
    {in_scope h.site}
    AND (%(devices)s::int[] IS NULL OR h.device = ANY(%(devices)s))
    AND h.hour >= date_trunc('hour', %(since)s::timestamptz, 'UTC') AND h.hour < %(until)s
    AND h.samples[m.position] > 0
ORDER BY h.hour, h.device
