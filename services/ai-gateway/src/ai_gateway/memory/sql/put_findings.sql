INSERT INTO ai_findings (site, reporter, subject, source_key, began_at, last_at)
SELECT %(site)s, %(reporter)s, f.subject, f.source_key, f.began_at, %(now)s
FROM unnest(%(subjects)s::text[], %(keys)s::text[], %(began)s::timestamptz[]) AS f (subject, source_key, began_at)
ON CONFLICT (site, reporter, subject) DO UPDATE SET
    source_key = EXCLUDED.source_key, began_at = EXCLUDED.began_at, last_at = EXCLUDED.last_at
