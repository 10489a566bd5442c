-- What a row `k` of configuration_history set the parameter to; HOMEPOT writes it in several shapes.
left(
    CASE json_typeof(k.new_value)
        WHEN 'object' THEN COALESCE(
            k.new_value ->> 'value', k.new_value ->> 'config_version', k.new_value ->> 'version',
            k.new_value -> 'data' ->> 'title', k.new_value ->> 'action', k.new_value::text
        )
        WHEN 'null' THEN NULL
        ELSE k.new_value #>> ARRAY[]::text[]
    END,
    200
)
