SELECT COALESCE(max(i.revision), 0)::bigint AS position FROM ai_incidents AS i
