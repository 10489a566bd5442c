-- A new key with everything of the old one; the old one ends at `expires_at`, or when it would have anyway.
WITH old AS (
    UPDATE ai_api_keys
    SET expires_at = LEAST(expires_at, %(expires_at)s)
    WHERE id = %(id)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %(now)s)
    RETURNING name, sites, scopes, for_users
)
INSERT INTO ai_api_keys (name, key_hash, hint, sites, scopes, for_users)
SELECT name, %(key_hash)s, %(hint)s, sites, scopes, for_users FROM old
RETURNING id
