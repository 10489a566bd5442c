SELECT count(*)::int AS incidents
FROM (SELECT FROM ai_incidents AS i WHERE {chosen} LIMIT %(most)s) AS i
