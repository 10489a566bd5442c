-- Unresolved incidents whose members are not what they were, or have all been over for long enough.
SELECT i.id
FROM ai_incidents AS i
CROSS JOIN LATERAL ({fingerprint}) AS f
WHERE
    i.status <> 'resolved' AND f.last_at IS NOT NULL
    AND (f.fingerprint <> i.fingerprint OR (NOT f.on_now AND COALESCE(f.ended_at, i.last_at) <= %(quiet_since)s::timestamptz))
ORDER BY i.opened_at, i.id
LIMIT %(limit)s
