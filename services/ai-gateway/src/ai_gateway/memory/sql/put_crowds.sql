UPDATE ai_memory_crowds AS one
SET crowd = measured.crowd, word_crowd = measured.word_crowd, crowd_of = %(total)s
FROM unnest(%(ids)s::bigint[], %(crowds)s::real[], %(word_crowds)s::real[]) AS measured (id, crowd, word_crowd)
WHERE one.incident = measured.id
