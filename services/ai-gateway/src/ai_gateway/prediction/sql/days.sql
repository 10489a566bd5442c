SELECT DISTINCT day FROM ai_reading_days WHERE day >= %(since)s ORDER BY day
