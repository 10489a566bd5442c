-- depends: 0008_conversations

-- Runbooks and manuals. `tenant` is the name of the folder; `tenant_id` HOMEPOT's integer, NULL for everybody's or unknown ones.
CREATE TABLE ai_knowledge_files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    path text NOT NULL,
    tenant_id integer,
    shared boolean NOT NULL,
    size bigint NOT NULL,
    modified bigint NOT NULL,
    content_hash text NOT NULL,
    recipe text NOT NULL,
    -- NULL: it is indexed.
    reason text,
    read_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant, path)
);

CREATE TABLE ai_knowledge_passages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file bigint NOT NULL REFERENCES ai_knowledge_files ON DELETE CASCADE,
    place integer NOT NULL,
    section text NOT NULL,
    description text NOT NULL,
    text text NOT NULL,
    embedding vector(768) NOT NULL,
    lexemes tsvector NOT NULL,
    word_weights sparsevec(536870912) NOT NULL,
    UNIQUE (file, place)
);
ALTER TABLE ai_knowledge_passages ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE ai_knowledge_passages SET (toast_tuple_target = 8160);
CREATE INDEX ai_knowledge_passages_words ON ai_knowledge_passages USING gin (lexemes);
