-- depends: 0001_incident_patterns

-- Keys of calling programs: only a digest is kept. `sites` NULL means every site.
CREATE TABLE ai_api_keys (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    hint text NOT NULL,
    sites text[],
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
