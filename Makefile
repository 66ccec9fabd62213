# Everything a person needs is one word: make quickstart, make test, make check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help quickstart linregnet examples bench coverage agreement diagnosis total-order profile test fast check lint types layers wheel docs clean

help:
	@echo "make quickstart  set up .venv, run experiments/quickstart.yaml, print where the page is"
	@echo "make linregnet   the worked example of the README: a torch module with two outputs"
	@echo "make examples    run both again and keep their pages in reports/examples, to be committed"
	@echo "make bench       measure speed against other libraries: reports/speed (EFFORT=--quick: minutes)"
	@echo "make coverage    how often intervals hold the truth: reports/coverage (REPLICATES=50: quick)"
	@echo "make agreement   how often intervals of agreement hold: reports/agreement"
	@echo "make diagnosis   how often sentences are true: reports/diagnosis (SEEDS=2: quick)"
	@echo "make total-order the formulas of total order compared: reports/total_order (SCENARIOS=64: quick)"
	@echo "make profile     where the time goes (WHAT='gradient -d 100 -n 10000')"
	@echo "make test        set up .venv, run the whole test-suite"
	@echo "make fast        the tests that take seconds: what to run while you work"
	@echo "make check       lint, types, layering and tests: what CI runs"
	@echo "make wheel       build the wheel, check what is in it, analyse a model with it elsewhere"
	@echo "make docs        build the documentation: docs/_build/index.html"
	@echo "make clean       remove .venv and caches"

$(VENV)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "sensbench needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

quickstart: $(VENV)/ready
	$(BIN)/sensbench run experiments/quickstart.yaml

linregnet: $(VENV)/ready
	$(BIN)/python experiments/linregnet.py

# Runs write into reports/NAME, which git ignores; what is committed is a copy, taken on purpose.
KEEP = rm -rf reports/examples/$(1) && mkdir -p reports/examples/$(1) \
	&& cd reports/$(1) && cp -R $(2) ../examples/$(1)

examples: $(VENV)/ready
	$(BIN)/sensbench run --fresh experiments/quickstart.yaml
	$(BIN)/python experiments/linregnet.py
	$(call KEEP,quickstart,index.html references.bib methods.txt figures tables)
	$(call KEEP,linregnet,index.html references.bib methods.txt figures tables)
	test ! -s reports/speed/index.html || { $(call KEEP,speed,index.html results.csv targets.csv seconds.csv); }
	test ! -s reports/coverage/index.html || { $(call KEEP,coverage,index.html coverage.csv); }
	test ! -s reports/diagnosis/index.html || { $(call KEEP,diagnosis,index.html claims.csv cases.csv controls.csv); }

$(VENV)/ready-bench: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
	@touch $@

EFFORT ?= --full
bench: $(VENV)/ready-bench
	$(BIN)/python -m experiments.speed $(EFFORT)

REPLICATES ?= 1000
coverage: $(VENV)/ready
	$(BIN)/python -m experiments.coverage --replicates $(REPLICATES)

agreement: $(VENV)/ready
	$(BIN)/python -m experiments.agreement

SEEDS ?= 20
diagnosis: $(VENV)/ready
	$(BIN)/python -m experiments.diagnosis --replicates $(SEEDS)

SCENARIOS ?= 2048
total-order: $(VENV)/ready
	$(BIN)/python -m experiments.total_order --scenarios $(SCENARIOS)

WHAT ?= sobol
profile: $(VENV)/ready
	$(BIN)/python -m experiments.speed.profiling $(WHAT)

PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal
# types at run time are checked in the fast tests; many repetitions take three times as long with them
UNTYPED = --override-ini=addopts="-p no:sensbench -q --strict-markers"

test: $(VENV)/ready-dev
	$(PYTEST) -m "not slow"
	$(PYTEST) -m slow $(UNTYPED)

fast: $(VENV)/ready-dev
	$(PYTEST) -m "not slow"

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready-dev
	$(BIN)/mypy

layers: $(VENV)/ready-dev
	$(BIN)/lint-imports

check: lint types layers test

wheel: $(VENV)/ready-dev
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python .ci/try_wheel.py dist

docs: $(VENV)/ready-dev
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build
	@echo docs/_build/index.html

clean:
	rm -rf docs/_build docs/_tables docs/generated docs/auto_gallery
	rm -rf dist $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
