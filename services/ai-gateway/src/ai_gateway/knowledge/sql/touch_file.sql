UPDATE ai_knowledge_files SET size = %(size)s, modified = %(modified)s WHERE id = %(id)s
RETURNING id
