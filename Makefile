# `make demo` and `make test` are all that a fresh machine needs: Python 3.11+, pip, make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint bench docs fuzz clean
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
	@$(BIN)/python benchmarks/startup.py
	@$(BIN)/python benchmarks/plans.py

docs: $(STAMP)
	@$(BIN)/python docs/generate.py

fuzz: $(STAMP)
	@$(BIN)/python tests/fuzz/fuzz.py

clean:
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
