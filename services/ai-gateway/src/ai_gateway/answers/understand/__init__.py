"""What a question is about, by code alone: whom, what, which time. `question.py` is the way through; the others each know one kind of words."""
