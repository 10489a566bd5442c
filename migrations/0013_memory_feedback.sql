-- depends: 0010_memory_index

-- Whether people found a remembered incident useful; one word of each. `owner`: a HOMEPOT user's email, or a key's name.
CREATE TABLE ai_memory_feedback (
    incident bigint NOT NULL REFERENCES ai_incident_patterns (id) ON DELETE CASCADE,
    owner text NOT NULL,
    useful boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (incident, owner)
);
