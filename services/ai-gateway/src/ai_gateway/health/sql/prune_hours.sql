DELETE FROM ai_reading_hours WHERE hour < %(before)s
