SELECT id, slug FROM {tenants} WHERE slug IS NOT NULL
