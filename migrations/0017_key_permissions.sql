-- depends: 0008_conversations

-- A permission that no key can have is a mistake: say so when it is made. `reports` fetches reports and asks nothing.
ALTER TABLE ai_api_keys
    ADD CONSTRAINT ai_api_keys_scopes CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'reports', 'admin']);
