DELETE FROM ai_reading_days WHERE day < %(before)s
