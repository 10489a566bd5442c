-- In how many remembered texts each of these words stands; the empty word counts the texts.
SELECT word, documents FROM ai_memory_words WHERE word = '' OR word = ANY(%(words)s)
