INSERT INTO ai_watermarks (job, position) VALUES (%(job)s, %(position)s::jsonb)
ON CONFLICT (job) DO UPDATE SET position = EXCLUDED.position, updated_at = now()
