SELECT mode FROM ai_preferences WHERE owner = %(owner)s
