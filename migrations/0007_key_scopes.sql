-- depends: 0002_api_keys

ALTER TABLE ai_api_keys
    -- What the key may do: read, admin.
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{read}',
    -- Every request must name the HOMEPOT user it is made for.
    ADD COLUMN for_users boolean NOT NULL DEFAULT false,
    -- Set by rotation: the old key ends some time after the new one is made.
    ADD COLUMN expires_at timestamptz;
