"""Evaluation: questions with independently derived answers, put to a gateway, every claim checked."""
