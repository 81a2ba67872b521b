PYTHON ?= python3
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE =
INSTALL = $(shell command -v uv >/dev/null 2>&1 && echo "uv pip install --compile-bytecode --python $(BIN)/python" || echo "$(BIN)/pip install")

help: ## List the targets (what `make` alone does)
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.ready ## Run everything on this machine: http://localhost:8000 (PORT=... moves it)
	@exec $(BIN)/python -m sandbox.up

test: .venv/test.ready ## Install what the tests need, then run them all
	@$(BIN)/python tests/machine.py
	@$(BIN)/python -m pytest -q -n 2

check: .venv/test.ready ## Lint, types, import rules, sizes, translations, reference pages
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -q tests/rules

e2e: .venv/test.ready ## Browser journeys against a deployment: make e2e BASE_URL=https://... READONLY=1
	@$(BIN)/python tests/machine.py $(if $(BASE_URL),browser)
	@$(BIN)/python -m pytest -q e2e --video retain-on-failure $(BROWSERS:%=--browser %) $(if $(BASE_URL),--base-url $(BASE_URL)) $(if $(READONLY),-m 'not writes')

bench: .venv/test.ready ## Measure speed and weight against the peer
	@$(BIN)/python tests/machine.py bench
	@$(BIN)/python -m benchmarks

docs: .venv/test.ready ## Write the generated pages of docs, and the message catalogues
	@$(BIN)/bizops docs && $(BIN)/python -m tests.security_statement && $(BIN)/python -m tests.routes && $(BIN)/python -m tests.openapi && $(BIN)/python -m tests.messages

lock: ## Pin every dependency anew in requirements.lock
	@uv pip compile --quiet --universal --all-extras --no-header --no-annotate pyproject.toml -o requirements.lock

.venv/%.ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed. Name one: make run PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || echo "Making the environment in .venv, once ..."; test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@$(INSTALL) --quiet --constraint requirements.lock --editable '.[$(if $(filter-out run,$*),all,settlement,reports)]'
	@touch $@
.PHONY: help run test check e2e bench docs lock
