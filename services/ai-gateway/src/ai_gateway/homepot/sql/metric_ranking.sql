-- Devices in view ranked by one metric over a period, by `rank_by` ('latest', 'mean', 'max' or 'min'), of those that hold
-- `compare` against `bound` and are at most `until_value`. Only what the rank needs is read of every device; the other
-- figures are read of the devices that are shown. The parameters are known when the query is planned, so that only one branch of `ranks` stays. An error
-- rate is told in percent: a device that never exceeds 1 writes ratios.
WITH readings AS NOT MATERIALIZED (
    SELECT r.device_id, r."timestamp" AS at, v.value
    FROM {device_metrics} AS r
    CROSS JOIN LATERAL (SELECT {value} AS value) AS v
    WHERE
        r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz AND {in_view}
        AND v.value BETWEEN %(low)s AND %(high)s
),
ranks AS (
    (
        SELECT DISTINCT ON (r.device_id) r.device_id, r.value
        FROM readings AS r
        WHERE %(rank_by)s = 'latest'
        ORDER BY r.device_id, r.at DESC
    )
    UNION ALL
    SELECT r.device_id, CASE %(rank_by)s WHEN 'mean' THEN avg(r.value) WHEN 'max' THEN max(r.value) ELSE min(r.value) END
    FROM readings AS r
    WHERE %(rank_by)s <> 'latest'
    GROUP BY r.device_id
),
percent AS (
    SELECT r.device_id FROM readings AS r WHERE %(metric)s = 'error_rate' AND r.value > 1 GROUP BY r.device_id
),
measured AS MATERIALIZED (
    SELECT m.id, m.name, k.value * CASE WHEN %(metric)s = 'error_rate' AND p.device_id IS NULL THEN 100 ELSE 1 END AS rank
    FROM ranks AS k
    JOIN {fleet} AS m ON m.id = k.device_id
    LEFT JOIN percent AS p ON p.device_id = k.device_id
    WHERE m.in_service OR %(devices)s::int[] IS NOT NULL
),
matching AS (
    SELECT m.*
    FROM measured AS m
    WHERE
        CASE %(compare)s
            WHEN '>' THEN m.rank > %(bound)s::double precision
            WHEN '>=' THEN m.rank >= %(bound)s::double precision
            WHEN '<' THEN m.rank < %(bound)s::double precision
            WHEN '<=' THEN m.rank <= %(bound)s::double precision
            ELSE true
        END
        AND (%(until_value)s::double precision IS NULL OR m.rank <= %(until_value)s::double precision)
),
picked AS (
    SELECT m.*, CASE WHEN %(ascending)s THEN m.rank ELSE -m.rank END AS place
    FROM matching AS m
    ORDER BY place, m.name, m.id
    LIMIT %(limit)s
)
SELECT
    (SELECT count(*)::int FROM measured) AS devices,
    (SELECT count(*)::int FROM matching) AS matching,
    (
        SELECT
            COALESCE(
                json_agg(
                    json_build_object(
                        'id', f.id, 'device_id', f.device_id, 'name', f.name, 'site_name', f.site_name,
                        'condition', f.condition, 'samples', s.samples, 'mean', s.mean * u.scale,
                        'low', s.low * u.scale, 'high', s.high * u.scale, 'latest', s.latest * u.scale,
                        'latest_at', s.latest_at::timestamptz, 'low_at', s.low_at::timestamptz,
                        'high_at', s.high_at::timestamptz
                    )
                    ORDER BY p.place, p.name, p.id
                ),
                '[]'
            )
        FROM picked AS p
        JOIN {fleet} AS f ON f.id = p.id
        CROSS JOIN LATERAL (
            SELECT
                count(*)::int AS samples, avg(v.value) AS mean, min(v.value) AS low, max(v.value) AS high,
                (array_agg(v.value ORDER BY r."timestamp" DESC))[1] AS latest, max(r."timestamp") AS latest_at,
                (array_agg(r."timestamp" ORDER BY v.value, r."timestamp" DESC))[1] AS low_at,
                (array_agg(r."timestamp" ORDER BY v.value DESC, r."timestamp" DESC))[1] AS high_at
            FROM {device_metrics} AS r
            CROSS JOIN LATERAL (SELECT {value} AS value) AS v
            WHERE
                r.device_id = p.id AND v.value BETWEEN %(low)s AND %(high)s
                AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz
        ) AS s
        CROSS JOIN LATERAL (SELECT CASE WHEN %(metric)s = 'error_rate' AND s.high <= 1 THEN 100 ELSE 1 END AS scale) AS u
    ) AS ranked
