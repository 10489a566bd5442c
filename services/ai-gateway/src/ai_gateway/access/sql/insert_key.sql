INSERT INTO ai_api_keys (name, key_hash, hint, sites, scopes, for_users)
VALUES (%(name)s, %(key_hash)s, %(hint)s, %(sites)s, %(scopes)s, %(for_users)s)
RETURNING id
