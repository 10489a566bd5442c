"""A stand-in for Ollama: its wire protocol over llama.cpp, with a small real model, for the demo, tests and CI.

It is not Ollama. `GET /api/version` and the `Server` header say so; `docs/local-model.md` lists the differences.
"""
