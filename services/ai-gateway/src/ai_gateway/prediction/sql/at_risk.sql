-- The riskiest first, by the risk up to the place of the horizon in `hours`, of those with that risk. `total`: of all that fit.
-- A base rate singles out nobody (`apart.standing_out`): then those alone that lie above the middle of all in view, and those
-- with a limit ahead within the horizon.
SELECT
    p.device, p.site, p.as_of, p.basis, p.model, p.hours, p.risk, p.low, p.high, p.cases, p.failed, p.drivers, p.limits,
    count(*) OVER () AS total
FROM ai_predictions AS p
WHERE
    {in_scope p.site}
    AND CASE
        WHEN p.basis = 'model' THEN p.risk[%(place)s] >= %(least)s
        ELSE
            EXISTS (SELECT FROM jsonb_array_elements(p.limits) AS l WHERE (l ->> 'hours')::float8 <= %(horizon)s)
            OR (
                p.risk[%(place)s] >= %(least)s
                AND p.low[%(place)s] > (
                    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY q.risk[%(place)s])
                    FROM ai_predictions AS q
                    WHERE {in_scope q.site}
                )
            )
    END
ORDER BY p.risk[%(place)s] DESC, p.device
LIMIT %(limit)s OFFSET %(offset)s
