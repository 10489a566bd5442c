SELECT name FROM ai_metrics ORDER BY position
