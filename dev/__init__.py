"""The stack without Docker: Postgres, a sample fleet, and a local model, for the demo and the tests."""
