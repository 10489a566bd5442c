-- Whether an incident `i` touches the sites asked for. Nearly all are of one site, which is compared faster than a list.
({in_scope i.site} OR (cardinality(i.sites) > 1 AND i.sites && %(sites)s::int[]))
