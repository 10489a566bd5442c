(SELECT max(c.id)::text FROM {health_checks} AS c)
