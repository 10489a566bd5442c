-- Changes when any name does: far cheaper than reading 10,000 names to find that none has. It is read for every name that
-- nothing has, so texts are hashed one into the next, as in `watermark`.
SELECT
    (
        SELECT concat(count(*), ':', sum(hashtextextended(d.device_id, hashtextextended(COALESCE(d.name, ''),
            hashtextextended(COALESCE(d.device_type, ''), hashint8extended(d.id, COALESCE(d.site_id, 0)))))))
        FROM {devices} AS d
    ) || '/' || (
        SELECT concat(count(*), ':', sum(hashtextextended(concat_ws(chr(31), s.site_id, s.name, s.location, s.tenant_id,
            s.is_active, s.lifecycle_state), s.id)))
        FROM {sites} AS s
    ) || '/' || (
        SELECT concat(count(*), ':', sum(hashtextextended(COALESCE(t.slug, ''), t.id))) FROM {tenants} AS t
    ) AS digest
