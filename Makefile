# make demo: explain a small network on drawn scenes.   make test: the whole test-suite.
# Both set themselves up from nothing, with pip alone. PYTHON chooses the interpreter (3.11 or newer).

PYTHON ?= python3
BIN := .venv/bin
DEMO := results/scenes_resnet/layer4

.PHONY: demo install test lint lock clean

demo: .venv/.installed
	@$(BIN)/snakemake --cores all --quiet rules host
	@$(BIN)/python -m linexp.print_summary $(DEMO)

install: .venv/.installed

test: .venv/.installed-test
	$(BIN)/python -m pytest

lint: .venv/.installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check --compact-diff Snakefile rules
	$(BIN)/snakemake --lint

# the lock is what the tests were last run with; pyproject.toml has the ranges
lock: .venv/.installed-test
	$(BIN)/python -m pip freeze --exclude-editable | grep -v '@ file' > requirements.lock

clean:
	rm -rf results/* .snakemake .pytest_cache .ruff_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "linexp needs Python 3.11 or newer; set PYTHON, as in: make demo PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml requirements.lock | .venv/bin/python
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable .
	@touch $@

.venv/.installed-test: .venv/.installed
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[test]'
	@touch $@
