-- How many errors devices in view logged that logged at least `least`, how many devices these are, and those with the most.
WITH counted AS MATERIALIZED (
    SELECT d.id, d.name, e.events, e.severe, e.latest
    FROM (
        SELECT
            e.logged_by, count(*)::int AS events, count(*) FILTER (WHERE e.severity = 'critical')::int AS severe,
            max(e."timestamp") AS latest
        FROM {errors_logged} AS e
        WHERE %(categories)s::text[] IS NULL OR e.category = ANY(%(categories)s)
        GROUP BY e.logged_by
        HAVING count(*) >= %(least)s
    ) AS e
    JOIN {devices} AS d ON d.device_id = e.logged_by
    WHERE {scope}
)
SELECT
    COALESCE(sum(c.events), 0)::int AS events, count(*)::int AS devices,
    (
        SELECT
            COALESCE(
                json_agg(
                    json_build_object(
                        'id', f.id, 'device_id', f.device_id, 'name', f.name, 'site_name', f.site_name,
                        'condition', f.condition, 'events', p.events, 'severe', p.severe,
                        'latest', p.latest::timestamptz
                    )
                    ORDER BY p.events DESC, p.severe DESC, p.name
                ),
                '[]'
            )
        FROM (SELECT * FROM counted AS c ORDER BY c.events DESC, c.severe DESC, c.name LIMIT %(limit)s) AS p
        JOIN {fleet} AS f ON f.id = p.id
    ) AS ranked
FROM counted AS c
