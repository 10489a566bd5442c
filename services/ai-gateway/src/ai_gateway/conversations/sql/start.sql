INSERT INTO ai_conversations (owner, started_at, last_at) VALUES (%(owner)s, %(now)s, %(now)s)
RETURNING id, started_at, last_at, 0 AS turns
