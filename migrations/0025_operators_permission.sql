-- depends: 0017_key_permissions

-- To note what was done is a permission of its own now. Keys that could go on to.
ALTER TABLE ai_api_keys DROP CONSTRAINT ai_api_keys_scopes;
ALTER TABLE ai_api_keys
    ADD CONSTRAINT ai_api_keys_scopes
    CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'operate', 'reports', 'admin']);
UPDATE ai_api_keys SET scopes = array_append(scopes, 'operate') WHERE 'read' = ANY(scopes);
