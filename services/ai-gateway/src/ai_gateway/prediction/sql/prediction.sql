-- A device's risk. Of past failures that looked alike only those of the sites asked for.
SELECT
    p.device, p.site, p.as_of, p.basis, p.model, p.hours, p.risk, p.low, p.high, p.cases, p.failed, p.drivers, p.limits,
    CASE WHEN p.progressions IS NOT NULL THEN
        jsonb_build_object(
            'unusual', p.progressions -> 'unusual',
            'past', coalesce(
                (
                    SELECT jsonb_agg(f.failure ORDER BY f.place)
                    FROM (
                        SELECT e.failure, e.place, (e.failure ->> 'site')::int AS site
                        FROM jsonb_array_elements(p.progressions -> 'past') WITH ORDINALITY AS e (failure, place)
                    ) AS f
                    WHERE {in_scope f.site}
                ),
                '[]'
            )
        )
    END AS progressions
FROM ai_predictions AS p
WHERE p.device = %(device)s AND {in_scope p.site}
