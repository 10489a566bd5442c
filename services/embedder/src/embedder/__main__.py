"""`python -m embedder`: the same commands as the `embedder` program."""

from embedder.cli import main

main()
