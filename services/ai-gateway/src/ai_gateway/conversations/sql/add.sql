-- Both messages of one exchange, or none where the conversation is gone.
WITH continued AS (
    UPDATE ai_conversations SET last_at = %(now)s
    WHERE id = %(id)s AND owner = %(owner)s
    RETURNING id
)
INSERT INTO ai_turns (conversation, role, content, at)
SELECT c.id, s.role, s.content, %(now)s
FROM continued AS c
CROSS JOIN (VALUES (1, 'user', %(question)s::text), (2, 'assistant', %(answer)s::text)) AS s (place, role, content)
ORDER BY s.place
RETURNING id
