"""How well memory finds the precedent, measured on labelled bug reports."""
