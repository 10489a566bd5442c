INSERT INTO ai_predictions
    (device, site, as_of, basis, model, hours, risk, low, high, cases, failed, drivers, limits, progressions)
SELECT
    n.device, n.site, %(as_of)s, %(basis)s, %(model)s, %(hours)s::real[], n.risk::real[], n.low::real[], n.high::real[],
    n.cases, n.failed, n.drivers::jsonb, n.limits::jsonb, n.progressions::jsonb
FROM unnest(
    %(device)s::int[], %(site)s::int[], %(risk)s::text[], %(low)s::text[], %(high)s::text[], %(cases)s::int[],
    %(failed)s::int[], %(drivers)s::text[], %(limits)s::text[], %(progressions)s::text[]
) AS n (device, site, risk, low, high, cases, failed, drivers, limits, progressions)
ON CONFLICT (device) DO UPDATE SET
    site = EXCLUDED.site, as_of = EXCLUDED.as_of, basis = EXCLUDED.basis, model = EXCLUDED.model, hours = EXCLUDED.hours,
    risk = EXCLUDED.risk, low = EXCLUDED.low, high = EXCLUDED.high, cases = EXCLUDED.cases, failed = EXCLUDED.failed,
    drivers = EXCLUDED.drivers, limits = EXCLUDED.limits, progressions = EXCLUDED.progressions
