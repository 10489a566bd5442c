"""What was said before: conversations and preferences, each of one user."""
