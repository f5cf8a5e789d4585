# `make` alone lists what there is. Everything needs Python >= 3.11 with pip and venv, and nothing else.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Two processes: what the smallest machine this is built on has.
TEST_PROCESSES ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench openapi migration lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv and install the pinned, hashed requirements (instant when nothing changed)

$(STAMP): requirements-dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: install Python 3.11 or newer, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, $(PYTHON) is `$(PYTHON) -V 2>&1`: name another with make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python -m venv failed: Debian and Ubuntu keep it in the package python3-venv" >&2; exit 1; }
	@echo "Installing the pinned requirements into $(VENV) (a minute or so, once) ..." >&2
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $(STAMP)

run: setup ## Migrate, load a small demo on the first start, and serve on HOST:PORT (127.0.0.1:8000)
	@$(BIN)/salvaguarda migrate
	@$(BIN)/salvaguarda demo --if-empty
	@exec $(BIN)/salvaguarda serve

test: lint ## Lint, then run every test on SQLite and PostgreSQL
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal

lint: setup ## Check style, types and the floors of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup ## Measure against hand-written floors on PostgreSQL
	@$(BIN)/python -m tests.bench

openapi: setup ## Write openapi/openapi.json and openapi/visibility.json from the code
	@mkdir -p openapi
	@$(BIN)/salvaguarda openapi > openapi/openapi.json.new && mv openapi/openapi.json.new openapi/openapi.json
	@$(BIN)/salvaguarda visibility --format json > openapi/visibility.json.new && mv openapi/visibility.json.new openapi/visibility.json

migration: setup ## Write the next migration from the models: make migration NAME="add parcels"
	@test -n "$(NAME)" || { echo 'a name is needed: make migration NAME="add parcels"' >&2; exit 1; }
	@$(BIN)/alembic revision --autogenerate -m "$(NAME)" --rev-id "`ls migrations/versions/[0-9]*.py 2>/dev/null | wc -l | awk '{ printf "%04d", $$1 + 1 }'`"

# uv is wanted only here; it is no requirement of the project.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock: ## Resolve requirements*.in into pinned, hashed requirements*.txt (needs uv)
	@command -v uv >/dev/null || { echo "uv not found: python -m pip install uv" >&2; exit 1; }
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt

clean: ## Remove the virtual environment and every cache (var/ stays: it may hold data)
	@rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find app tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +
