(SELECT max(h.id)::text FROM {device_state_history} AS h)
