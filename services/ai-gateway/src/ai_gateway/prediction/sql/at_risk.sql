-- The riskiest first, by the risk up to the place of the horizon in `hours`. `total`: of all that fit.
SELECT
    p.device, p.site, p.as_of, p.basis, p.model, p.hours, p.risk, p.low, p.high, p.cases, p.failed, p.drivers, p.limits,
    count(*) OVER () AS total
FROM ai_predictions AS p
WHERE {in_scope p.site} AND p.risk[%(place)s] >= %(least)s
ORDER BY p.risk[%(place)s] DESC, p.device
LIMIT %(limit)s OFFSET %(offset)s
