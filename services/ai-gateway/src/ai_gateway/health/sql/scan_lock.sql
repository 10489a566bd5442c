-- One scan at a time, for as long as this connection lives.
SELECT pg_try_advisory_lock(%(key)s) AS ours
