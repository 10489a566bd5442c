INSERT INTO ai_knowledge_passages (file, place, section, description, text, embedding, lexemes, word_weights)
VALUES (
    %(file)s, %(place)s, %(section)s, %(description)s, %(text)s, %(embedding)s, array_to_tsvector(%(words)s), %(word_weights)s
)
