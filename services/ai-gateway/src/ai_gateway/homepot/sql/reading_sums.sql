-- One metric of the devices in view over a period, by device; as columns, for there may be many devices. A value outside
-- the metric's valid range counts as not measured. Where the hours from `whole_since` up to `whole_until` are summed up
-- elsewhere, from rows up to the id `after` but for `gaps`, only what they lack is read: the rest of the period, and
-- what came later. Parameters are known when the query is planned: branches that cannot give a row are not planned.
SELECT
    COALESCE(array_agg(s.device), '{}') AS devices, COALESCE(array_agg(s.samples), '{}') AS samples,
    COALESCE(array_agg(s.total), '{}') AS totals, COALESCE(array_agg(s.low), '{}') AS lows,
    COALESCE(array_agg(s.high), '{}') AS highs
FROM (
    SELECT r.device_id AS device, count(*)::int AS samples, sum(v.value) AS total, min(v.value) AS low, max(v.value) AS high
    FROM (
        SELECT r.*
        FROM {device_metrics} AS r
        WHERE
            %(whole_since)s::timestamptz IS NULL
            AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz AND {in_view}
        UNION ALL
        SELECT r.*
        FROM {device_metrics} AS r
        WHERE r."timestamp" > %(since)s::timestamptz AND r."timestamp" < %(whole_since)s::timestamptz AND {in_view}
        UNION ALL
        SELECT r.*
        FROM {device_metrics} AS r
        WHERE r."timestamp" >= %(whole_until)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz AND {in_view}
        UNION ALL
        SELECT r.*
        FROM {device_metrics} AS r
        WHERE
            (r.id > %(after)s::bigint OR r.id = ANY(%(gaps)s::bigint[]))
            AND r."timestamp" >= %(whole_since)s::timestamptz AND r."timestamp" < %(whole_until)s::timestamptz
            AND {in_view}
    ) AS r
    CROSS JOIN LATERAL (SELECT {value} AS value) AS v
    WHERE v.value BETWEEN %(low)s AND %(high)s
    GROUP BY r.device_id
) AS s
WHERE s.device IN (SELECT d.id FROM {devices} AS d WHERE {scope})
