-- Whether the row `r` is of a device in view, said in a way that an index on `r.device_id` serves. Only a short cut for
-- a few devices or sites: it is the join with the fleet that keeps a query within its view.
(
    (%(devices)s::int[] IS NULL AND %(sites)s::int[] IS NULL)
    OR r.device_id = ANY(ARRAY(SELECT d.id FROM {devices} AS d WHERE {scope}))
)
