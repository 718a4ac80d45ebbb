# Everything a developer or an operator types. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: install run test check bench help

install: $(STAMP) ## Create .venv with the pinned versions and the product in it

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Tuma needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv \
		|| { echo "On Debian and Ubuntu: apt-get install python3-venv"; rm -rf .venv; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: install ## Start everything on this machine, the sandbox included; Ctrl-C stops it
	$(BIN)/tuma up

test: install ## Run the whole suite; private PostgreSQL and Redis servers come with it
	$(BIN)/python -m pytest -n 3

check: install ## Formatter, linter, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install ## Measure; prints a table and writes var/bench.json
	$(BIN)/python -m bench

help: ## Show this
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'
