DELETE FROM ai_device_happenings WHERE hour < %(before)s
