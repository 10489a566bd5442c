-- The last messages of a conversation of this owner, oldest first.
SELECT newest.role, newest.content, newest.at
FROM (
    SELECT t.id, t.role, t.content, t.at
    FROM ai_turns AS t
    JOIN ai_conversations AS c ON c.id = t.conversation
    WHERE t.conversation = %(id)s AND c.owner = %(owner)s
    ORDER BY t.id DESC
    LIMIT %(limit)s
) AS newest
ORDER BY newest.id
