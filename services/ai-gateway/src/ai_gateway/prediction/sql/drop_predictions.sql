DELETE FROM ai_predictions WHERE as_of < %(as_of)s
