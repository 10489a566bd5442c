# Every command of this repository. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
PY := $(VENV)/bin/python
MODELS := .cache/models
CASES ?=
ARGS ?=
COVERAGE_FLOOR ?= 90
PROCESSES ?= 2

SETUP := $(VENV)/.setup-done
EMBEDDING_MODEL := $(MODELS)/all-mpnet-base-v2/.fetched
LANGUAGE_MODEL := $(MODELS)/smollm2-135m-instruct-q4_1.gguf
PROJECTS := services/ai-gateway/pyproject.toml services/embedder/pyproject.toml clients/python/pyproject.toml
PIP := $(PY) -m pip install --disable-pip-version-check --quiet -c requirements/constraints.txt

.PHONY: help
help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(SETUP) ## make .venv with both services and every tool (nothing to do when up to date)

NEW_ENOUGH := import sys, ensurepip; sys.exit(sys.version_info < (3, 11))

# The first Python 3.11 or newer on PATH, where .venv does not have one already.
$(SETUP): $(PROJECTS) requirements/constraints.txt requirements/dev.txt dev/install_torch.py
	@if ! $(PY) -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then \
	  found=; \
	  for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	    if "$$python" -c 'import venv; $(NEW_ENOUGH)' >/dev/null 2>&1; then \
	      found="$$python"; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "Python 3.11 or newer with its venv module is needed, and none is on PATH" \
	      "(Debian: apt install python3 python3-venv; or: make setup PYTHON=/path/to/python3.11)" >&2; exit 1; fi; \
	  echo "making $(VENV) with $$("$$found" --version)"; "$$found" -m venv --clear $(VENV); fi
	@$(PY) -m dev.install_torch
	@echo "installing the services and their tools: up to 250 MB to download"
	@$(PIP) -r requirements/dev.txt -e services/ai-gateway -e services/embedder -e clients/python
	@touch $@

.PHONY: models
models: $(EMBEDDING_MODEL) $(LANGUAGE_MODEL) ## fetch the embedding model and the small language model (about 500 MB)

$(EMBEDDING_MODEL): | $(SETUP)
	@mkdir -p $(MODELS)
	@$(VENV)/bin/embedder fetch-model --into $(MODELS)/all-mpnet-base-v2
	@touch $@

$(LANGUAGE_MODEL): | $(SETUP)
	@$(PY) -m dev.ollama fetch --model smollm2

.PHONY: model-coder
model-coder: $(SETUP) ## fetch the larger language model, opt-in (about 1.1 GB)
	@$(PY) -m dev.ollama fetch --model qwen2.5-coder

.PHONY: demo
demo: setup models ## run the whole stack on this machine without Docker, with a sample fleet (ARGS=--help)
	@exec $(PY) -m dev.demo $(ARGS)

# Each process has parts of its own (Postgres, embedder, sample fleet), so the tests of a file stay in one.
TESTS := -m pytest -m "not containers" -n $(PROCESSES) --dist loadfile

.PHONY: test
test: setup models ## run the tests that need no Docker (ARGS="-k name"), in PROCESSES=2 processes
	@$(PY) $(TESTS) $(ARGS)

.PHONY: coverage
coverage: setup models ## run the tests and fail below COVERAGE_FLOOR percent
	@$(PY) -m coverage erase
	@$(PY) $(TESTS) --cov --cov-report= $(ARGS)
	@$(PY) -m coverage report --fail-under=$(COVERAGE_FLOOR)

.PHONY: lint
lint: setup ## check style, formatting, the order of the layers and the scope of every query
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports
	@$(PY) -m dev.scoping

.PHONY: types
types: setup ## check the types
	@$(VENV)/bin/mypy

.PHONY: evals
evals: setup models ## ask the evaluation questions (CASES=folder) and check every claim
	@$(PY) -m dev.evals $(if $(CASES),--cases $(CASES)) $(ARGS)

.PHONY: bench
bench: setup models ## measure every figure that the documents quote
	@$(PY) -m bench $(ARGS)

.PHONY: bench-trust
bench-trust: setup models ## how often answers at each trust level are right, over the evaluation cases (docs/trust.md)
	@$(PY) -m bench.trust $(ARGS)

.PHONY: bench-load
bench-load: setup models ## put many users and a spike on a gateway with a real model (ARGS="--seconds 120")
	@$(PY) -m bench.load $(ARGS)

.PHONY: bench-detection
bench-detection: setup ## measure the detectors on labelled data: DATA=folder (docs/detection.md)
	@$(PY) -m bench.detection $(DATA) $(ARGS)

.PHONY: bench-prediction
bench-prediction: setup ## measure the predictor: FIT=folder trains, DATA=folder is scored (docs/prediction.md)
	@$(PY) -m bench.prediction $(FIT) $(if $(DATA),--data $(DATA)) $(ARGS)

.PHONY: bench-prediction-scale
bench-prediction-scale: setup ## measure how long a training and an hourly round of a large fleet take (docs/prediction.md)
	@$(PY) -m bench.prediction.scale $(ARGS)

.PHONY: bench-retrieval
bench-retrieval: setup models ## measure how well memory finds the precedent: DATA=folder (docs/memory.md)
	@$(PY) -m bench.retrieval $(DATA) $(ARGS)

.PHONY: bench-embedder
bench-embedder: setup models ## compare the embedder with infinity-emb and a plain server (docs/embedder.md)
	@$(PY) -m bench.peers $(ARGS)

.PHONY: bench-crashing
bench-crashing: setup models ## kill parts at random while 100,000 incidents are imported, and count them (ARGS=--help)
	@$(PY) -m bench.crashing $(ARGS)

.PHONY: bench-memory
bench-memory: setup models ## measure a memory of a million incidents beside a Chroma server (ARGS="--rows 50000")
	@$(PY) -m bench.memory $(ARGS)

.PHONY: containers-test
containers-test: setup ## run the tests of the images and the Compose files (needs Docker)
	@$(PY) -m pytest -m containers $(ARGS)

# .env.example leaves empty what everybody must set.
COMPOSE := POSTGRES_PASSWORD=p HOMEPOT_DATABASE_URL=postgresql://h/d docker compose --env-file .env.example

.PHONY: compose-check
compose-check: ## check that the Compose files are valid (needs Docker Compose)
	@$(COMPOSE) -f compose.yaml config --quiet
	@$(COMPOSE) -f compose.yaml -f compose.gpu.yaml config --quiet

.PHONY: docs
docs: setup ## write the generated parts of the documents anew
	@$(PY) -m dev.docs $(ARGS)

.PHONY: clean
clean: ## remove the environment and everything that is generated (keeps downloaded models)
	@rm -rf $(VENV) build dist htmlcov coverage.xml .coverage .coverage.* .*_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
