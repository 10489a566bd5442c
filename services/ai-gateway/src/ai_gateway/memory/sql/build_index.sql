CREATE INDEX CONCURRENTLY ai_incident_patterns_nearest ON ai_incident_patterns
USING hnsw (embedding halfvec_ip_ops) WITH (m = 16, ef_construction = 128)
