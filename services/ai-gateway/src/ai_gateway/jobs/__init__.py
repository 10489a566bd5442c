"""When to run jobs at a site, and how likely they succeed: recommendations, never a write to HOMEPOT."""
