-- The planner's guess how many incidents are in scope, from its statistics alone.
EXPLAIN (FORMAT JSON)
SELECT FROM ai_incident_patterns
WHERE
        {scope}
