DELETE FROM ai_conversations WHERE last_at < %(before)s RETURNING id
