UPDATE ai_incidents AS t
SET fingerprint = f.fingerprint
FROM ai_incidents AS i
CROSS JOIN LATERAL ({fingerprint}) AS f
WHERE t.id = i.id AND i.id = ANY(%(incidents)s)
