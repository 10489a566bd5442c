"""A question becomes an answer: understand → gather → prompt → model → check, each step in a module of its name."""
