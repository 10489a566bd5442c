"""The state of every part, and what works when one is down."""
