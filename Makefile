# `make demo` and `make test` are all that a fresh machine needs: Python 3.11+, pip, make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
REAL := .venv-conformance
REAL_STAMP := $(REAL)/.installed
NEWEST := build/newest
# Never renewed by itself: each version of torch is tried by hand, the reference trainer rests on it.
TORCH := torch==2.13.0
INSTALL := -m pip install --quiet --disable-pip-version-check
# The same pins for what builds a package: pip reads the first up to 25.2, the second from 25.3 on.
PINNED := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt

.PHONY: demo test test-newest lint lock bench docs cases golden fuzz conformance clean
.DEFAULT_GOAL := test

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (once) ..."
	@$(PINNED) $(BIN)/python $(INSTALL) --editable '.[dev]' 2>$(VENV)/pip.log || (cat $(VENV)/pip.log >&2; exit 1)
	@touch $@

demo: $(STAMP)
	@$(BIN)/metta-lint verify --run --config examples/metta-lint.toml

test: $(STAMP)
	@$(BIN)/python -m pytest

# The suite with the newest version of everything but torch: what users get who pin nothing.
test-newest:
	@test -x $(NEWEST)/bin/python || $(PYTHON) -m venv $(NEWEST)
	@$(NEWEST)/bin/python $(INSTALL) --upgrade --upgrade-strategy eager $(TORCH) --editable '.[dev]'
	@$(NEWEST)/bin/python -m pytest

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Renews constraints.txt: the newest versions, for every Python and system that we support.
lock:
	@test -x build/lock/bin/python || $(PYTHON) -m venv build/lock
	@build/lock/bin/python $(INSTALL) --upgrade uv
	@echo '$(TORCH)' > build/lock/torch.txt
	@build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev --constraint build/lock/torch.txt \
		--no-header --no-annotate --output-file build/lock/pins.txt pyproject.toml
	@(echo "# What \`make\` installs, on Python 3.11 to 3.14, Linux, macOS and Windows. \`make lock\` renews it."; cat build/lock/pins.txt) > constraints.txt

bench: $(STAMP)
	@test -x build/bench/bin/python || $(PYTHON) -m venv build/bench
	@$(PINNED) build/bench/bin/python $(INSTALL) . yamllint check-jsonschema
	@build/bench/bin/python benchmarks/startup.py
	@$(BIN)/python benchmarks/plans.py
	@$(BIN)/python benchmarks/editor.py

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
	@$(REAL)/bin/python $(INSTALL) --requirement $< 2>$(REAL)/pip.log || (cat $(REAL)/pip.log >&2; exit 1)
	@touch $@

conformance: $(STAMP) $(REAL_STAMP)
	@PYTHONPATH=tests $(BIN)/python -m conformance --report docs/conformance.md
	@$(BIN)/python tests/conformance/compare_update.py --real $(REAL)/bin/python --write docs/conformance-update.md

clean:
	@rm -rf $(VENV) $(REAL) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
