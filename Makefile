# `make demo` and `make test` are all that a fresh machine needs: Python 3.11+, pip, make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
REAL := .venv-conformance
REAL_STAMP := $(REAL)/.installed

.PHONY: demo test lint bench docs cases golden fuzz conformance clean
.DEFAULT_GOAL := test

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' 2>$(VENV)/pip.log || (cat $(VENV)/pip.log >&2; exit 1)
	@touch $@

demo: $(STAMP)
	@$(BIN)/metta-lint verify --run --config examples/metta-lint.toml

test: $(STAMP)
	@$(BIN)/python -m pytest

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(STAMP)
	@test -x build/bench/bin/python || $(PYTHON) -m venv build/bench
	@build/bench/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt . yamllint check-jsonschema
	@build/bench/bin/python benchmarks/startup.py
	@$(BIN)/python benchmarks/plans.py

docs: $(STAMP)
	@$(BIN)/python docs/generate.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "build/site/index.html"

cases: $(STAMP)
	@$(BIN)/python tests/corpus/labelled_cases.py

golden: $(STAMP)
	@$(BIN)/python tests/report_goldens.py
	@$(BIN)/python tests/corpus/golden.py

fuzz: $(STAMP)
	@$(BIN)/python tests/fuzz/fuzz.py

# The real PufferLib has a virtual environment of its own: torch for CUDA comes with it, about 7 GB.
$(REAL_STAMP): tests/conformance/requirements.txt
	@test -x $(REAL)/bin/python || $(PYTHON) -m venv $(REAL)
	@echo "installing the real PufferLib into $(REAL) (once, about 7 GB) ..."
	@$(REAL)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $< 2>$(REAL)/pip.log || (cat $(REAL)/pip.log >&2; exit 1)
	@touch $@

conformance: $(STAMP) $(REAL_STAMP)
	@PYTHONPATH=tests $(BIN)/python -m conformance --report docs/conformance.md
	@$(BIN)/python tests/conformance/compare_update.py --real $(REAL)/bin/python --write docs/conformance-update.md

clean:
	@rm -rf $(VENV) $(REAL) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
