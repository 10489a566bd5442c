-- For this transaction: rows come from indexes in their order, in the index's own order, until there are enough.
SELECT
    set_config('enable_sort', 'off', true),
    set_config('hnsw.ef_search', %(ef_search)s::text, true),
    set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('hnsw.scan_mem_multiplier', '4', true)
