# make demo: explain a small network on drawn scenes.   make test: the tests, make test-all: the long ones.   make bench: measurements.
# make test-slurm: the workflow on a SLURM of one node; root, and apt to install it, are needed.   make test-gpu: on a GPU.
# All set themselves up from nothing, with pip alone. PYTHON chooses the interpreter (3.11 or newer).

PYTHON ?= python3
BIN := .venv/bin
DEMO := results/scenes_resnet/layer4
FEATURES := results/scenes_sae/layer4
PAGE := workflow/scripts/linexp/explorer/page

.PHONY: demo install test test-all test-gpu test-slurm test-browser lint bench lock clean

demo: .venv/.installed
	@$(BIN)/snakemake --cores all --quiet rules host -- all $(FEATURES)/summary.csv
	@$(BIN)/python -m linexp.terminal.summary $(DEMO)

install: .venv/.installed

# modules are compiled when they are imported, which most never are
PIP_INSTALL := $(BIN)/python -m pip install --quiet --no-compile --constraint requirements.lock --editable

# files of tests side by side, as most of a test is one process that starts others; the workflow's first, which take longest
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: .venv/.installed-test
	$(PYTEST) -m "not long"

# what takes longer: every stage killed, whole vision transformers, real photos
test-all: .venv/.installed-test
	$(PYTEST) -m long

# networks on a GPU beside the same on the CPU; skipped where there is none
test-gpu: .venv/.installed-test
	$(BIN)/python -m pytest tests/gpu -rs

# writes /etc/slurm/slurm.conf and removes it again, so it refuses where there is one
test-slurm: .venv/.installed-slurm
	tests/slurm/install.sh
	PATH="$$PATH:/usr/sbin:/sbin" $(BIN)/python -m pytest tests/slurm

# the explorer in a headless Chromium
test-browser: .venv/.installed-browser
	tests/browser/install.sh
	$(PYTEST) tests/browser

lint: .venv/.installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/snakefmt --check --compact-diff Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/oxlint $(PAGE)
	$(BIN)/oxfmt --check $(PAGE)

# small forms of all measurements, a line of JSON each; benchmarks/README.md says what they measure
bench: .venv/.installed
	$(BIN)/python benchmarks/fit.py --json --images 7000 --concepts 1000 --neurons 512
	$(BIN)/python benchmarks/stability.py --json --images 3500 --concepts 500 --neurons 64
	$(BIN)/python benchmarks/ceilings.py --json --images 3500 --concepts 500 --neurons 256
	$(BIN)/python benchmarks/published_route.py --json --images 700 --concepts 60 --neurons 2
	$(BIN)/python benchmarks/growth.py --json --images 5000 10000 --neurons 512 1024 --concepts 500 1000
	$(BIN)/python benchmarks/simulation.py --json --images 2000 --neurons 256 --concepts 1000
	$(BIN)/python benchmarks/sparse_units.py --json --images 2000 --features 1024 --concepts 200
	$(BIN)/python benchmarks/places.py --json --images 300 --concepts 200 --neurons 64 --dim 64
	$(BIN)/python benchmarks/ablation.py --json --neurons 2 --images 500
	$(BIN)/python benchmarks/impact.py --json --images 2000 --neurons 128
	$(BIN)/python benchmarks/calibration.py --json --images 5000 --concepts 300
	$(BIN)/python benchmarks/embedding.py --json --cases resnet50 decoding memory --images 16 --decoded 128 --rounds 1 --width 250
	$(BIN)/python benchmarks/network_dissection.py --json --network resnet18 --size 64 --images 500
	$(BIN)/python benchmarks/dag.py --json --targets 4 --layers 5

# the lock is what the tests were last run with; pyproject.toml has the ranges
lock: .venv/.installed-slurm .venv/.installed-browser
	$(BIN)/python -m pip freeze --exclude-editable | grep -v '@ file' > requirements.lock

clean:
	rm -rf results/* .snakemake .pytest_cache .ruff_cache .mypy_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "linexp needs Python 3.11 or newer; set PYTHON, as in: make demo PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml requirements.lock | .venv/bin/python
	$(PIP_INSTALL) .
	@touch $@

.venv/.installed-test: .venv/.installed
	$(PIP_INSTALL) '.[test]'
	@touch $@

.venv/.installed-slurm: .venv/.installed-test
	$(PIP_INSTALL) '.[test,slurm]'
	@touch $@

.venv/.installed-browser: .venv/.installed-test
	$(PIP_INSTALL) '.[browser]'
	@touch $@
