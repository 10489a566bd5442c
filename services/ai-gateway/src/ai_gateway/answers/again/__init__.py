"""Answers that serve again: the same question, meant the same, on data that has not changed since."""
