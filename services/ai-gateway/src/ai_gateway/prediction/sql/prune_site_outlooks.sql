DELETE FROM ai_site_outlooks WHERE day < %(before)s
