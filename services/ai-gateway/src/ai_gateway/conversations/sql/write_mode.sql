INSERT INTO ai_preferences (owner, mode, updated_at) VALUES (%(owner)s, %(mode)s, %(now)s)
ON CONFLICT (owner) DO UPDATE SET mode = EXCLUDED.mode, updated_at = EXCLUDED.updated_at
RETURNING mode
