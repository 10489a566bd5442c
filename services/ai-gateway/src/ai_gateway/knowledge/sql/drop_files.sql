DELETE FROM ai_knowledge_files WHERE id = ANY(%(ids)s)
RETURNING id
