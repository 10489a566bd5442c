-- Stored risks of at least `least`, the riskiest first by the place of the horizon in `hours`. `metric`: only devices with
-- that limit ahead.
SELECT
    p.device, p.site, p.as_of, p.basis, p.model, p.hours, p.risk, p.low, p.high, p.cases, p.failed, p.drivers, p.limits
FROM ai_predictions AS p
WHERE
    {in_scope p.site}
    AND (%(devices)s::int[] IS NULL OR p.device = ANY(%(devices)s::int[]))
    AND p.risk[%(place)s] >= %(least)s
    AND (
        %(metric)s::text IS NULL
        OR EXISTS (SELECT FROM jsonb_array_elements(p.limits) AS l WHERE l ->> 'metric' = %(metric)s)
    )
ORDER BY p.risk[%(place)s] DESC, p.device
LIMIT %(limit)s
