-- The first day of which readings are kept.
SELECT min(d.day) AS since FROM ai_reading_days AS d
