-- Whether the device `d` is in view. Empty lists of the view mean none, NULL means all.
(
    {in_scope d.site_id}
    AND (%(devices)s::int[] IS NULL OR d.id = ANY(%(devices)s))
    AND (%(types)s::text[] IS NULL OR d.device_type = ANY(%(types)s))
)
