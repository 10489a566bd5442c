"""HOMEPOT's Postgres, read-only: the one place that knows its tables, its quirks and its older versions."""
