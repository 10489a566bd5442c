-- Look a key up and note its use, at most once a minute.
WITH found AS (
    SELECT id, name, sites, scopes, for_users, last_used_at
    FROM ai_api_keys
    WHERE key_hash = %(key_hash)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %(now)s)
),
noted AS (
    UPDATE ai_api_keys AS k
    SET last_used_at = %(now)s
    FROM found
    WHERE k.id = found.id AND (found.last_used_at IS NULL OR found.last_used_at < %(now)s - interval '1 minute')
)
SELECT name, sites, scopes, for_users FROM found
