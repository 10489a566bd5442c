"""Incident memory: what happened before and what was done, found by meaning."""
