INSERT INTO ai_detector_state (block, version, position, state) VALUES (%(block)s, %(version)s, %(position)s, %(state)s)
ON CONFLICT (block) DO UPDATE SET
    version = EXCLUDED.version, position = EXCLUDED.position, state = EXCLUDED.state, updated_at = now()
