DELETE FROM ai_knowledge_passages WHERE file = %(file)s
