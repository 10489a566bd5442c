-- How many devices are between which of the ascending probabilities `least` (0: below all). The risk lies straight between
-- the curve's points, of which the time asked for has `before` (0: the present, without risk) and `after` around it.
SELECT width_bucket(r.risk, %(least)s::float8[]) AS level, count(*) AS devices
FROM (
    SELECT coalesce(p.risk[%(before)s], 0) * (1 - %(weight)s::float8) + p.risk[%(after)s] * %(weight)s::float8 AS risk
    FROM ai_predictions AS p
    WHERE {in_scope p.site}
) AS r
GROUP BY 1
