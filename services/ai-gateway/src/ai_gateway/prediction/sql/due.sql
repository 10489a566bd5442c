-- Devices with at least that risk up to the place of the horizon in `hours`, or with a limit ahead within it.
SELECT
    p.device, p.site, p.as_of, p.basis, p.model, p.hours, p.risk, p.low, p.high, p.cases, p.failed, p.drivers, p.limits
FROM ai_predictions AS p
WHERE
    {in_scope p.site}
    AND (
        p.risk[%(place)s] >= %(least)s
        OR EXISTS (SELECT FROM jsonb_array_elements(p.limits) AS l WHERE (l ->> 'hours')::float8 <= %(horizon)s)
    )
ORDER BY p.risk[%(place)s] DESC, p.device
LIMIT %(limit)s
