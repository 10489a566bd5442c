-- Changes when any name does: far cheaper than reading 10,000 names to find that none has.
SELECT
    (
        SELECT concat(count(*), ':', sum(hashtextextended(concat_ws(chr(31), d.id, d.device_id, d.name, d.device_type,
            d.site_id), 0)))
        FROM {devices} AS d
    ) || '/' || (
        SELECT concat(count(*), ':', sum(hashtextextended(concat_ws(chr(31), s.id, s.site_id, s.name, s.location,
            s.tenant_id, s.is_active, s.lifecycle_state), 0)))
        FROM {sites} AS s
    ) AS digest
