# One command each. `make demo` and `make test` set everything up on a bare machine.
.DEFAULT_GOAL := help
.PHONY: help demo test coverage check bench torture format lock sbom hooks clean

# The first that really runs and is new enough: a name on the PATH may be a shim for nothing.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Neither header nor annotations: they would name this machine's paths and package index.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
SUITE = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

help: ## Show what can be done here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

demo: $(VENV)/.demo ## Seal sample invoices with the practice vendor; ARGS="--documents 20 --format edoc --key p-256 --from DIR --json"
	@$(BIN)/zimogs demo $(ARGS)

# A suite that starts programs by the hundred must not have each compile every module again, whatever is set outside.
test coverage: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.test ## Run the whole test suite; ARGS="-k name" chooses
	@$(SUITE) $(ARGS)

coverage: $(VENV)/.test ## Run it more slowly, and tell what share of the lines it runs
	@$(SUITE) --cov --cov-report= $(ARGS)
	@echo "$$($(BIN)/coverage report --format=total) % of the lines were run by these tests"

check: $(VENV)/.test ## Format, lint, types, import contracts and spelling
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell

bench: $(VENV)/.test ## Measure what zimogs costs beside other clients of the vendor; ARGS="--quick", "--full", "--json", "--write"
	@$(BIN)/python -m tests.bench $(ARGS)

torture: $(VENV)/.test ## Kill, starve and lie to real processes, and count every document; ARGS="--storage s3 --seed 7 --rounds 2 --only TEXT"
	@$(BIN)/python -m tests.torture $(ARGS)

format: $(VENV)/.test ## Bring the code into its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(VENV)/.test ## Bring both lock files up to pyproject.toml, changing nothing else; ARGS="--upgrade" takes the newest of everything
	@$(COMPILE) --group build --output-file requirements.lock $(ARGS)
	@$(COMPILE) --group dev --constraint requirements.lock --output-file tests/requirements.lock $(ARGS)

sbom: $(VENV)/.test ## Write sbom.json: every package that zimogs runs with, by version and hashes (CycloneDX)
	@PYTHONWARNINGS=ignore::UserWarning $(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml \
	  --output-reproducible --of JSON -o sbom.json

hooks: $(VENV)/.test ## Have git check each commit beforehand
	@$(BIN)/pre-commit install

clean: ## Remove what was set up and made here
	rm -rf $(VENV) demo sbom.json *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* tests/screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" \
	  || { echo "zimogs needs Python 3.11 or newer. Install python3, or name one: make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "zimogs needs Python's venv module; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python requirements.lock pyproject.toml
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock \
	  || { echo "zimogs could not fetch its packages; is there a network, or a package index this machine may use?"; exit 1; }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.demo tests/requirements.lock
	@$(BIN)/python -m pip install --quiet --require-hashes -r tests/requirements.lock \
	  || { echo "zimogs could not fetch its packages; is there a network, or a package index this machine may use?"; exit 1; }
	@touch $@
