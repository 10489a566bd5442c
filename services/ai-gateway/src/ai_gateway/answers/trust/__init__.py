"""How far an answer can be trusted: gates over what it rests on and over the answer itself, in HOMEPOT's envelope."""
