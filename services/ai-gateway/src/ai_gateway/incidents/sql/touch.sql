-- Up to when unresolved incidents last; no news for anybody, so no revision.
UPDATE ai_incidents AS t
SET last_at = f.last_at
FROM ai_incidents AS i
CROSS JOIN LATERAL ({fingerprint}) AS f
WHERE t.id = i.id AND i.status <> 'resolved' AND f.last_at > i.last_at
