"""`make demo`: the whole stack on this machine without Docker, three questions, and URLs to go on with."""
