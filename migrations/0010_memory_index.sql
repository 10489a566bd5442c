-- depends: 0008_conversations

-- Half the bytes to read for every comparison; a cosine changes by less than 0.001. The index over it is built by the
-- worker (docs/memory.md): a million rows take longer than a start may wait, and CONCURRENTLY needs no transaction.
ALTER TABLE ai_incident_patterns ALTER COLUMN embedding TYPE halfvec(768) USING embedding::halfvec(768);
ALTER TABLE ai_incident_patterns ALTER COLUMN embedding SET STORAGE PLAIN;

-- Apart from the texts: measuring it again must not write a row of 3 KB anew, and an entry of every index with it.
CREATE TABLE ai_memory_crowds (
    incident bigint PRIMARY KEY REFERENCES ai_incident_patterns (id) ON DELETE CASCADE,
    -- How alike the ten texts nearest to this one are, by meaning and by words, and how many were remembered when that
    -- was measured.
    crowd real,
    word_crowd real,
    crowd_of integer NOT NULL DEFAULT 0
);
INSERT INTO ai_memory_crowds (incident, crowd, word_crowd, crowd_of)
SELECT id, crowd, word_crowd, crowd_of FROM ai_incident_patterns;
ALTER TABLE ai_incident_patterns DROP COLUMN crowd, DROP COLUMN word_crowd, DROP COLUMN crowd_of;
CREATE INDEX ai_memory_crowds_due ON ai_memory_crowds (crowd_of, incident);

-- What another recipe or model made is found without reading everything.
DROP INDEX ai_incident_patterns_recipe;
CREATE INDEX ai_incident_patterns_made ON ai_incident_patterns (recipe, embedding_model, id);
-- Whether a text was embedded before.
CREATE INDEX ai_incident_patterns_description ON ai_incident_patterns USING hash (description);

-- Without a list of pending words, which every search would have to go through.
ALTER INDEX ai_incident_patterns_lexemes SET (fastupdate = off);
DO $$ BEGIN PERFORM gin_clean_pending_list('ai_incident_patterns_lexemes'); END $$;
