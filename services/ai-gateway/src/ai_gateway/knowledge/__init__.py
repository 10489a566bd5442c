"""Runbooks and manuals: read from a folder, cut by their structure, found by meaning and words."""
