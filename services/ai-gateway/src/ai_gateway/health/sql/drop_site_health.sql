DELETE FROM ai_site_health WHERE as_of < %(now)s
