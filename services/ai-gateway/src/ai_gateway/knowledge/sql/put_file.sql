INSERT INTO ai_knowledge_files (tenant, path, tenant_id, shared, size, modified, content_hash, recipe, reason)
VALUES (
    %(tenant)s, %(path)s, %(tenant_id)s, %(shared)s, %(size)s, %(modified)s, %(content_hash)s, %(recipe)s, %(reason)s
)
ON CONFLICT (tenant, path) DO UPDATE SET
    tenant_id = EXCLUDED.tenant_id, shared = EXCLUDED.shared, size = EXCLUDED.size, modified = EXCLUDED.modified,
    content_hash = EXCLUDED.content_hash, recipe = EXCLUDED.recipe, reason = EXCLUDED.reason, read_at = now()
RETURNING id
