-- Count anew in how many remembered texts each word stands; the empty word counts the texts. Of many texts some pages are read.
WITH counted AS (
    SELECT word, ceil(ndoc * 100 / %(percent)s::float8) AS documents
    FROM ts_stat(format(
        'SELECT lexemes FROM ai_incident_patterns TABLESAMPLE SYSTEM (%%s) REPEATABLE (1)', %(percent)s::float8
    ))
    UNION ALL
    SELECT '', ceil(count(*) * 100 / %(percent)s::float8)
    FROM ai_incident_patterns TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
),

gone AS (
    DELETE FROM ai_memory_words AS old WHERE NOT EXISTS (SELECT FROM counted WHERE counted.word = old.word)
)

INSERT INTO ai_memory_words (word, documents)
SELECT word, documents::integer FROM counted
ON CONFLICT (word) DO UPDATE SET documents = EXCLUDED.documents
WHERE ai_memory_words.documents <> EXCLUDED.documents
