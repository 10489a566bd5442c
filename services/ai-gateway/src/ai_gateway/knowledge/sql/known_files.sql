SELECT id, tenant, path, tenant_id, size, modified, content_hash, recipe FROM ai_knowledge_files
