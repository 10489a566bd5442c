-- Devices with a limit ahead within the horizon, or with at least that risk up to its place in `hours`. A base rate singles
-- out nobody (`apart.standing_out`): then of the latter those alone that lie above the middle of all in view.
SELECT
    p.device, p.site, p.as_of, p.basis, p.model, p.hours, p.risk, p.low, p.high, p.cases, p.failed, p.drivers, p.limits
FROM ai_predictions AS p
WHERE
    {in_scope p.site}
    AND (
        EXISTS (SELECT FROM jsonb_array_elements(p.limits) AS l WHERE (l ->> 'hours')::float8 <= %(horizon)s)
        OR (
            p.risk[%(place)s] >= %(least)s
            AND (
                p.basis = 'model'
                OR p.low[%(place)s] > (
                    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY q.risk[%(place)s])
                    FROM ai_predictions AS q
                    WHERE {in_scope q.site}
                )
            )
        )
    )
ORDER BY p.risk[%(place)s] DESC, p.device
LIMIT %(limit)s
