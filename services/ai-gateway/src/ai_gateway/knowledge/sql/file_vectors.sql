SELECT p.description, p.embedding
FROM ai_knowledge_passages AS p
JOIN ai_knowledge_files AS f ON f.id = p.file
WHERE f.tenant = %(tenant)s AND f.path = %(path)s AND f.recipe = %(recipe)s
