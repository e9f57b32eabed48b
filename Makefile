# Two commands do everything on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FUZZ_SECONDS ?= 120
# Each module stays with one process, which makes its fixtures once; in the order of their names the longest come first.
# One process a core: the pipeline of a service under test yields to others, and more of them would keep it waiting.
PYTEST := $(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder --durations 10
# Models, files of the first release, and the figures of every published table that an example reads.
INSTALL_SLICE := tests/sql/golden/test_earnings.py tests/transforms/store/test_schema.py \
	tests/transforms/reading/test_examples_agree.py tests/transforms/health/test_libraries.py

.PHONY: help demo notebooks install test test-fast test-long test-next test-install coverage lint lint-python lint-sql docs audit bench soak mutants fuzz render clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(VENV)/.installed ## Set up and show the whole product with an invented history
	$(BIN)/cbw demo $(ARGS)

notebooks: $(VENV)/.installed-dev ## Open the notebooks with the demo's data
	test -e data/demo/warehouse.duckdb || $(BIN)/cbw demo
	CBW_DATA_DIR=$(CURDIR)/data/demo $(BIN)/jupyter lab notebooks $(ARGS)

install: $(VENV)/.installed ## Set up .venv with the cbw command

test: $(VENV)/.installed-dev ## Set up, lint, check types and run the tests, of slow suites a slice
	$(MAKE) --no-print-directory lint
	$(PYTEST) $(ARGS)

test-fast: $(VENV)/.installed-dev ## The tests without linters
	$(PYTEST) $(ARGS)

test-long: $(VENV)/.installed-dev ## Every test, with several times as many random examples, kills and power cuts
	CBW_LONG=1 $(PYTEST) --timeout 3600 $(ARGS)

coverage: $(VENV)/.installed-dev ## The tests, and the lines that none of them reaches; takes a quarter longer
	$(PYTEST) --cov --cov-report=term:skip-covered $(ARGS)

test-next: $(VENV)/bin/python ## The tests of transforms and of SQL on the newest DuckDB 2, in an environment of its own
	$(BIN)/python -m venv $(VENV)/next
	grep -v '^duckdb==' constraints.txt > $(VENV)/next/constraints.txt
	$(VENV)/next/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/next/constraints.txt --editable '.[dev]'
	$(VENV)/next/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade 'duckdb>=2,<3'
	$(VENV)/next/bin/python -m pytest -n auto --dist loadscope --no-loadscope-reorder tests/transforms tests/sql $(ARGS)

test-install: $(VENV)/bin/python ## A slice of the tests on the releases that a plain install brings, without the pins
	$(BIN)/python -m venv $(VENV)/plain
	$(VENV)/plain/bin/python -m pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager . pytest pytest-timeout hypothesis
	$(VENV)/plain/bin/cbw doctor | grep '^ok *libraries'
	$(VENV)/plain/bin/python -m pytest -q -p no:cacheprovider $(INSTALL_SLICE) $(ARGS)

lint: $(VENV)/.installed-dev ## ruff, mypy, import-linter, sqlfluff
	$(MAKE) --no-print-directory --jobs 2 --output-sync lint-python lint-sql

lint-python: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy docs
	$(BIN)/lint-imports --no-logo

lint-sql: $(VENV)/.installed-dev
	$(BIN)/sqlfluff lint --disable-progress-bar sql benchmarks/peers/ours

docs: $(VENV)/.installed-dev ## The documentation as a site in site/, strict: a broken link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "built: site/ (python3 -m http.server --directory site)"

audit: $(VENV)/bin/python ## bandit on our code, and known holes in what we depend on (asks the advisory database)
	$(BIN)/python -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit bandit
	$(VENV)/audit/bin/bandit --quiet --configfile pyproject.toml --recursive cbw ingest transforms
	$(VENV)/audit/bin/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

bench: $(VENV)/.installed-dev ## Measure against limits and peers: all, or ARGS="receive models"
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(VENV)/.installed-dev ## The whole service under traffic and readers for 30 minutes, or ARGS="--minutes 2"
	$(BIN)/python -m benchmarks soak -- $(ARGS)

mutants: $(VENV)/.installed-dev ## Change what decides authenticity and money, bit by bit: tests must notice the changes
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[mutants]'
	@mkdir -p mutants
	$(BIN)/mutmut run > mutants/run.log
	@$(BIN)/mutmut results --all true > mutants/results.txt
	@echo "$$(grep -c ': killed' mutants/results.txt) of $$(grep -c : mutants/results.txt) changes were noticed"
	@! grep -v ': killed$$' mutants/results.txt
	$(BIN)/python -m tests.mutants

fuzz: $(VENV)/.installed-dev ## Coverage-guided fuzzing of parser and gate, FUZZ_SECONDS each (Linux)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[fuzz]'
	@mkdir -p .cache/fuzz
	$(BIN)/python -m tests.fuzz.fuzz_envelope -artifact_prefix=.cache/fuzz/ -max_len=4096 -max_total_time=$(FUZZ_SECONDS)
	$(BIN)/python -m tests.fuzz.fuzz_gate -artifact_prefix=.cache/fuzz/ -max_len=1024 -max_total_time=$(FUZZ_SECONDS)

render: $(VENV)/.installed-dev ## Run the notebooks on the invented history and keep what they show
	$(BIN)/python -m tests.notebooks.rendering

clean: ## Remove the virtual environment and the demo
	rm -rf $(VENV) data/demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[ins]'
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.installed
