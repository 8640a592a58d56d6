# The commands of the house. On a machine with Python 3.11 or later, make and git, each of them first sets up what it needs:
# a virtual environment in .venv, filled from the hash-locked files in requirements/. It is done again only when they change.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# The interpreter that makes .venv; `make demo PYTHON=/path/to/python3.12` chooses another.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(name))))

# A virtual environment does not survive being moved, losing its interpreter, or being left in the middle of an installation:
# then it is thrown away and both setup steps start over.
SOUND := $(shell test "$$(cat $(VENV)/home 2>/dev/null || pwd -P)" = "$$(pwd -P)" && test ! -e $(VENV)/installing && \
	$(PY) -m pip --version >/dev/null 2>&1 && echo yes)
ifneq ($(SOUND),yes)
.PHONY: $(VENV)/home $(VENV)/run.stamp $(VENV)/dev.stamp
endif

INSTALL := $(PY) -m pip install -qq --require-hashes --prefer-binary --no-compile --no-deps

.PHONY: help setup assets demo test check style types imports bench format lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed 's/:.*## /\t/' | awk -F'\t' '{ printf "  make %-9s %s\n", $$1, $$2 }'

demo: $(VENV)/run.stamp ## set up, run dossiers from receipt to result, tell what happened, then serve the pages
	@$(PY) -m motcua.services.web.build || echo "==> going on without diagrams on the pages" >&2
	$(BIN)/motcua demo --serve $(ARGS)

test: $(VENV)/dev.stamp assets ## set up and run the tests; ARGS="tests/engine -k deadline" runs some
	$(PY) -m pytest $(ARGS)

check: style types imports test ## all that CI runs: format, lint, types, imports, tests

style: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

imports: $(VENV)/dev.stamp
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/dev.stamp ## run the benchmarks and print their figures; ARGS="engine --json" runs some, for a program
	$(PY) -m benchmarks $(ARGS)

format: $(VENV)/dev.stamp ## put every file into the house's format and mend what can be mended without a person
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command 'make lock' --quiet $(ARGS)

assets: $(VENV)/run.stamp ## build what the pages load in a browser, when its sources changed
	@$(PY) -m motcua.services.web.build

lock: $(VENV)/dev.stamp ## lock the dependencies after a change of pyproject.toml; ARGS=--upgrade takes the newest
	$(COMPILE) --group build --output-file requirements/run.txt
	$(COMPILE) --group build --group dev --constraint requirements/run.txt --output-file requirements/dev.txt

clean: ## remove what builds and checks leave behind; the environment (.venv) and the data (var) stay
	rm -rf build dist motcua.egg-info services/web/static/built .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

setup: $(VENV)/dev.stamp ## set up for development and do nothing else

# A stamp is written last, so that the next command takes up what was not finished.
$(VENV)/home:
	@test -n "$(PYTHON)" || { echo "motcua needs Python 3.11 or later, and found $$(python3 --version 2>&1 || true): \
	install it, or name it with PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "motcua needs Python 3.11 or later, and $(PYTHON) \
	is $$($(PYTHON) --version 2>&1): install a later one, or name it with PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "motcua needs Python's modules venv and ensurepip, which $(PYTHON) \
	lacks: on Debian and Ubuntu run 'apt-get install python3-venv', then the same make command again." >&2; exit 1; }
	@$(if $(SOUND),,echo "==> making $(VENV) with $$($(PYTHON) --version)")
	@$(if $(SOUND),,$(PYTHON) -m venv --clear $(VENV))
	@pwd -P > $@

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/home
	@echo "==> installing what motcua runs on (requirements/run.txt), a minute or so the first time"
	@touch $(VENV)/installing
	@$(INSTALL) -r requirements/run.txt
	@$(PY) -m pip install -qq --no-deps --no-build-isolation --editable .
	@rm $(VENV)/installing
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "==> installing what the tests and checks need (requirements/dev.txt)"
	@touch $(VENV)/installing
	@$(INSTALL) -r requirements/dev.txt
	@rm $(VENV)/installing
	@touch $@
