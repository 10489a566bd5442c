INSERT INTO ai_device_health (device, site, score, status, parts)
SELECT n.device, n.site, n.score, n.status, n.parts::jsonb
FROM unnest(%(device)s::int[], %(site)s::int[], %(score)s::real[], %(status)s::text[], %(parts)s::text[])
    AS n (device, site, score, status, parts)
ON CONFLICT (device) DO UPDATE SET
    site = EXCLUDED.site, score = EXCLUDED.score, status = EXCLUDED.status, parts = EXCLUDED.parts
