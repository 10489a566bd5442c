SELECT p.device, p.site, p.as_of, p.basis, p.model, p.hours, p.risk, p.low, p.high, p.cases, p.failed, p.drivers, p.limits
FROM ai_predictions AS p
WHERE p.device = %(device)s AND {in_scope p.site}
