DELETE FROM ai_conversations WHERE id = %(id)s AND owner = %(owner)s RETURNING id
