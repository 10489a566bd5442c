SELECT id, name, hint, sites, scopes, for_users, created_at, last_used_at, revoked_at, expires_at
FROM ai_api_keys
ORDER BY id
