-- depends: 0010_memory_index

-- The incidents in scope nearest to a vector, by the index over vectors alone: the plan is that walk whatever is asked, so it
-- is made once for a session, and the settings that hold for it need no transaction and no round trip of their own. The
-- conditions are those of memory/sql/scope.sql, which whoever calls this holds once more (docs/decisions/0022).
CREATE FUNCTION ai_memory_nearest(
    asked halfvec, asked_model text, wanted integer, in_sight integer, sites integer[], categories text[],
    device_types text[], severities text[], since timestamptz, until timestamptz
) RETURNS SETOF bigint
LANGUAGE plpgsql ROWS 100
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    PERFORM
        set_config('hnsw.ef_search', in_sight::text, true),
        set_config('hnsw.iterative_scan', 'relaxed_order', true),
        set_config('hnsw.scan_mem_multiplier', '4', true);
    RETURN QUERY
        SELECT one.id
        FROM ai_incident_patterns AS one
        WHERE
            one.embedding_model = asked_model
            AND (sites IS NULL OR one.site = ANY(sites))
            AND (categories IS NULL OR one.category = ANY(categories))
            AND (device_types IS NULL OR one.device_type = ANY(device_types))
            AND (severities IS NULL OR one.severity = ANY(severities))
            AND (since IS NULL OR one.occurred_at >= since)
            AND (until IS NULL OR one.occurred_at < until)
        ORDER BY one.embedding <#> asked
        LIMIT wanted;
END
$$;
