INSERT INTO ai_api_keys (name, key_hash, hint, sites)
VALUES (%(name)s, %(key_hash)s, %(hint)s, %(sites)s)
RETURNING id
