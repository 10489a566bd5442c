SELECT position FROM ai_watermarks WHERE job = %(job)s
