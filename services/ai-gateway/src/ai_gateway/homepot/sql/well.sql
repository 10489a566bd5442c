-- What holds for nearly every device `v`: it is online, and nothing else is to be said of it.
(v.heard AND v.enabled AND v.health_state = 'healthy' AND v.lifecycle_state = 'active')
