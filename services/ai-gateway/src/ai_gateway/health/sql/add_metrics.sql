INSERT INTO ai_metrics (position, name)
SELECT n.position, n.name FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, position)
ON CONFLICT DO NOTHING
