SELECT c.id, c.started_at, c.last_at, (SELECT count(*) FROM ai_turns AS t WHERE t.conversation = c.id)::int AS turns
FROM ai_conversations AS c
WHERE c.owner = %(owner)s
ORDER BY c.last_at DESC, c.id
LIMIT %(limit)s
