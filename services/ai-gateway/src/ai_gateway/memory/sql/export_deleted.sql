SELECT source, source_key, forgotten_at AS deleted_at FROM ai_memory_forgotten ORDER BY forgotten_at, source, source_key
