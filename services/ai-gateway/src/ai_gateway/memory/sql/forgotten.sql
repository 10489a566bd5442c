SELECT source_key FROM ai_memory_forgotten WHERE source = %(source)s
