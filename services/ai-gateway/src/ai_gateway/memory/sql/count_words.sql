-- Count anew in how many remembered texts each word stands; the empty word counts the texts.
WITH counted AS (
    SELECT word, ndoc AS documents FROM ts_stat('SELECT lexemes FROM ai_incident_patterns')
    UNION ALL
    SELECT '', count(*) FROM ai_incident_patterns
),

gone AS (
    DELETE FROM ai_memory_words AS old WHERE NOT EXISTS (SELECT FROM counted WHERE counted.word = old.word)
)

INSERT INTO ai_memory_words (word, documents)
SELECT word, documents FROM counted
ON CONFLICT (word) DO UPDATE SET documents = EXCLUDED.documents
WHERE ai_memory_words.documents <> EXCLUDED.documents
