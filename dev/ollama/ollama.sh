#!/bin/sh
# The `ollama` command of the stand-in's image: serve, list, pull NAME (succeeds if the model is there), --version.
case "${1:-}" in
  serve | list | pull) exec python3 -m dev.ollama "$@" ;;
  ls) exec python3 -m dev.ollama list ;;
  -v | --version) echo "ollama stand-in (homepot-dev-ollama)" ;;
  *) echo "this stand-in knows: ollama serve | list | pull NAME | --version" >&2; exit 2 ;;
esac
