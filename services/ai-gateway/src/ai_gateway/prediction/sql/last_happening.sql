SELECT max(at) AS at FROM ai_device_happenings
