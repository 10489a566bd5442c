-- Incident memory: what happened, what was done about it, and a vector to find it by.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE ai_incident_patterns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Where the incident came from; one row for each, however often it is read.
    source text NOT NULL,
    source_key text NOT NULL,
    -- Digest of the typed fields: a changed alert is embedded again, an unchanged one is not.
    content_hash text NOT NULL,
    description text NOT NULL,
    severity text NOT NULL,
    category text NOT NULL,
    -- HOMEPOT's integer site id, which scopes recall; NULL is seen only by callers of all sites.
    site integer,
    site_name text,
    device_id text,
    device_name text,
    device_type text,
    occurred_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolution text,
    embedding_model text NOT NULL,
    embedding vector(768) NOT NULL,
    lexemes tsvector GENERATED ALWAYS AS (
        to_tsvector('english', description || ' ' || coalesce(resolution, ''))
    ) STORED,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key)
);

CREATE INDEX ai_incident_patterns_site ON ai_incident_patterns (site);
CREATE INDEX ai_incident_patterns_lexemes ON ai_incident_patterns USING gin (lexemes);
