"""How fast and how exactly a large memory finds, beside a Chroma server on the same rows."""
