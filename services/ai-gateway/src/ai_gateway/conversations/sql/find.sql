SELECT c.id, c.started_at, c.last_at, 0 AS turns
FROM ai_conversations AS c
WHERE c.id = %(id)s AND c.owner = %(owner)s
