-- One active user by HOMEPOT's integer or email, with the sites that memberships give: of the site itself, or of its
-- tenant. A tenant that is switched off gives and keeps nothing; sites that are archived or inactive are, as in HOMEPOT,
-- hidden from everybody but administrators.
SELECT
    u.id, u.email, u.is_admin,
    ARRAY(
        SELECT s.id
        FROM {sites} AS s
        LEFT JOIN {tenants} AS t ON t.id = s.tenant_id
        WHERE
            COALESCE(t.is_active, true) AND s.is_active AND s.lifecycle_state = 'active'
            AND (
                EXISTS (SELECT FROM {site_memberships} AS m WHERE m.user_id = u.id AND m.site_id = s.id)
                OR EXISTS (SELECT FROM {tenant_memberships} AS m WHERE m.user_id = u.id AND m.tenant_id = s.tenant_id)
            )
        ORDER BY s.id
    ) AS sites
FROM {users} AS u
WHERE u.is_active AND (u.id::text = %(identity)s OR lower(u.email) = lower(%(identity)s))
ORDER BY u.email = %(identity)s DESC, u.id
LIMIT 1
