-- Some metrics of some devices over whole hours, by device, as columns, an element a metric; and up to which row of HOMEPOT the hours are made.
-- A page of rows and the position behind it are stored together, so that a row is either in the hours or behind the
-- position (or among `gaps`: missing so far, and asked for again). The first scan began somewhere within an hour; rows
-- near its beginning may not have come in the order of their times, so that the two first hours are left out.
WITH place AS (
    SELECT
        (w.position #>> '{readings,place,0}')::bigint AS after,
        ARRAY(SELECT (g.gap ->> 0)::bigint FROM jsonb_array_elements(w.position #> '{readings,gaps}') AS g (gap)) AS gaps
    FROM ai_watermarks AS w
    WHERE w.job = %(job)s
),
whole AS (
    SELECT greatest(%(since)s::timestamptz, (SELECT min(h.hour) FROM ai_reading_hours AS h) + interval '2 hours') AS since
),
hours AS (
    SELECT h.device, h.hour, h.samples, h.total, h.low, h.high
    FROM ai_reading_hours AS h
    WHERE h.device = ANY(%(devices)s) AND h.hour >= %(since)s AND h.hour < %(until)s
    OFFSET 0  -- planned for times that are known, not for the condition below
),
sums AS (
    SELECT
        h.device, ARRAY[{samples}] AS samples, ARRAY[{totals}] AS totals, ARRAY[{lows}] AS lows, ARRAY[{highs}] AS highs
    FROM hours AS h
    WHERE h.hour >= (SELECT w.since FROM whole AS w)
    GROUP BY h.device
),
columns AS (
    SELECT
        COALESCE(array_agg(s.device), '{}') AS devices, COALESCE(array_agg(s.samples), '{}') AS samples,
        COALESCE(array_agg(s.totals), '{}') AS totals, COALESCE(array_agg(s.lows), '{}') AS lows,
        COALESCE(array_agg(s.highs), '{}') AS highs
    FROM sums AS s
)
SELECT w.since, %(until)s::timestamptz AS until, p.after, p.gaps, c.devices, c.samples, c.totals, c.lows, c.highs
FROM place AS p
CROSS JOIN whole AS w
CROSS JOIN columns AS c
WHERE w.since < %(until)s AND p.after >= %(least)s
