DELETE FROM ai_incidents WHERE id = ANY(%(incidents)s)
