-- depends: 0005_incidents

-- Recall by meaning and by words together. What stands in old rows serves until the worker has composed them anew.
ALTER TABLE ai_incident_patterns
    -- The words as the gateway cuts them, codes and version numbers whole; to_tsvector would part them.
    ALTER COLUMN lexemes DROP EXPRESSION,
    ALTER COLUMN lexemes SET DEFAULT ''::tsvector,
    ADD COLUMN title text,
    -- Which version of the recipe composed the text, its words and its vector.
    ADD COLUMN recipe text NOT NULL DEFAULT '1',
    -- What each word says about the text (BM25): a product with the question's words ranks by words.
    ADD COLUMN word_weights sparsevec(536870912),
    -- Written by hand while the embedder was down: found by words until the worker has embedded it.
    ALTER COLUMN embedding DROP NOT NULL,
    -- 3 KB fit into a page: comparing with every row is several times slower where each lies in a table of its own.
    ALTER COLUMN embedding SET STORAGE PLAIN,
    -- How alike the ten texts nearest to this one are, by meaning and by words, and how many were remembered when that
    -- was measured.
    ADD COLUMN crowd real,
    ADD COLUMN word_crowd real,
    ADD COLUMN crowd_of integer NOT NULL DEFAULT 0,
    ADD COLUMN cause text,
    -- Whether what was done helped; NULL: nobody said.
    ADD COLUMN helped boolean;

-- Keep a row together on its page up to 8 KB.
ALTER TABLE ai_incident_patterns SET (toast_tuple_target = 8160);

CREATE INDEX ai_incident_patterns_recipe ON ai_incident_patterns (recipe, id);

-- In how many remembered texts a word stands; counted anew by the worker.
CREATE TABLE ai_memory_words (
    word text PRIMARY KEY,
    documents integer NOT NULL
);

-- What somebody deleted, so that reading HOMEPOT again does not bring it back.
CREATE TABLE ai_memory_forgotten (
    source text NOT NULL,
    source_key text NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, source_key)
);
