SELECT id, name, hint, sites, created_at, last_used_at, revoked_at
FROM ai_api_keys
ORDER BY id
