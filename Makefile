# fulfil: `make run` starts the demo shop, `make test` runs every test. Both set up what they need.
# Nothing is written outside this folder and the temporary directory.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# More than there are cores: many a test waits for a process, a page or a clock.
JOBS   ?= $(shell echo $$(( ($$(nproc) * 3 + 1) / 2 )))
# The shell is the same engine without a window, and takes less than half the time.
BROWSERS := chromium-headless-shell chromium chromium-browser google-chrome
CHROMIUM ?= $(firstword $(foreach name,$(BROWSERS),$(shell command -v $(name))))

# What Python has compiled is kept, whatever the surroundings say: tests start hundreds of processes.
PYTEST = PYTHONDONTWRITEBYTECODE= XDG_CACHE_HOME=$(CURDIR)/.cache XDG_CONFIG_HOME=$(CURDIR)/.cache/config \
	XDG_DATA_HOME=$(CURDIR)/.cache/data FULFIL_TEST_CHROMIUM="$(CHROMIUM)" \
	$(BIN)/python -m pytest

# A stamp is newer than what it was made from: repeated runs install nothing.
FOR_RUN  := $(VENV)/.installed-run
FOR_TEST := $(VENV)/.installed-test

export PIP_NO_CACHE_DIR ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
SECONDS ?= 120
SEED ?= 1

.PHONY: help run test long scale lint bench simulate races crash fuzz mutate audit openapi states setup clean check-python check-chromium

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(FOR_RUN) ## Start the demo shop and print its addresses, badges and PINs
	@$(BIN)/fulfil demo

test: check-chromium lint ## Run every test (arguments for pytest: make test ARGS="-k stock")
	@$(PYTEST) $(if $(ARGS),$(ARGS),-n $(JOBS) --dist loadfile --no-loadscope-reorder)

long: $(FOR_TEST) ## Run the tests that `make test` leaves out, because they take long
	@$(PYTEST) -m long

scale: $(FOR_TEST) ## Kill everything under a shop of several processes in turn (SECONDS=120 SEED=1)
	@$(BIN)/python -m tests.scale.drill --seconds $(SECONDS) --seed $(SEED)

lint: $(FOR_TEST) ## Check style and import contracts
	@$(BIN)/python -m ruff check fulfil terminal_ui tests
	@$(BIN)/python -m ruff format --check --quiet fulfil terminal_ui tests || \
		{ echo "Some files are not formatted: $(BIN)/ruff format fulfil terminal_ui tests"; exit 1; }
	@$(BIN)/lint-imports --no-logo

TWO_NODES := --database postgresql --nodes 2
PAST ?= 1000000

bench: $(FOR_TEST) ## Run every yardstick on an idle machine: about an hour; figures in .proof/bench.jsonl (PAST=1000000)
	@mkdir -p .proof
	@set -e; for what in startup assign parts "parts --database postgresql" \
		flow "flow --rate 60" "flow --database postgresql" "flow $(TWO_NODES)" \
		"push --devices 1000" "push --devices 1000 $(TWO_NODES)" decide \
		"devices --devices 3000" "devices --devices 3000 $(TWO_NODES)" \
		claim "claim --database postgresql" "claim --database postgresql --workers 2" \
		"growth --orders $(PAST)" "growth --orders $(PAST) --database postgresql"; do \
		$(BIN)/fulfil bench $$what --json >> .proof/bench.jsonl; tail -n 1 .proof/bench.jsonl; done

SEEDS ?= 1-100
DAYS ?= 1
ORDERS ?= 100
FAULTS ?= heavy

simulate: $(FOR_RUN) ## Simulate shop days with faults (SEEDS=1-100 ORDERS=100 FAULTS=heavy …), going on where it stopped
	@mkdir -p .proof
	@$(BIN)/fulfil simulate --seed $(SEEDS) --days $(DAYS) --orders $(ORDERS) --faults $(FAULTS) \
		$(if $(TWICE),--twice) --totals .proof/simulate.jsonl

races: $(FOR_TEST) ## Run every race TIMES=1000 times on both databases; goes on where it stopped
	@$(BIN)/python -m tests.races --times $(or $(TIMES),1000)

crash: $(FOR_TEST) ## Kill servers under load, JOBS=2 at once, until there were KILLS=10000; goes on where it stopped
	@$(BIN)/python -m tests.crash --kills $(or $(KILLS),10000) --jobs $(JOBS)

fuzz: $(FOR_TEST) ## Send SIZE=100000 made-up requests, and ops and packets; goes on where it stopped
	@$(BIN)/python -m tests.fuzz --size $(or $(SIZE),100000)

mutate: $(FOR_TEST) ## Change what decides, one thing at a time, and see what no test notices (MODULES=…)
	@$(BIN)/python -m tests.mutation $(MODULES)

audit: $(FOR_TEST) ## Ask PyPI for known weaknesses of what is installed (needs the internet)
	@$(BIN)/python -m tests.audit

# What was there stays until the new page is whole.
written = $(BIN)/python -m $(1) > $(2).new && mv $(2).new $(2) || { rm -f $(2).new; exit 1; }

openapi: $(FOR_TEST) ## Write docs/openapi.json anew from the routes
	@$(call written,fulfil.app.document,docs/openapi.json)

states: $(FOR_TEST) ## Write docs/states.md anew from the machines
	@$(call written,fulfil.app.drawings,docs/states.md)

setup: $(FOR_TEST) ## Create the virtual environment with everything for run and test

clean: ## Remove the virtual environment, caches and built files
	rm -rf $(VENV) .cache build dist test-results htmlcov .coverage .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis *.egg-info
	find fulfil terminal_ui tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(FOR_RUN): setup.cfg pyproject.toml | $(BIN)/python
	@echo "Installing fulfil (about half a minute)"
	@$(BIN)/python -m pip install -qq --editable .
	@touch $@

$(FOR_TEST): setup.cfg pyproject.toml | $(BIN)/python
	@echo "Installing fulfil with its test tools (about a minute)"
	@$(BIN)/python -m pip install -qq --editable '.[test]'
	@touch $(FOR_RUN) $@

$(BIN)/python: | check-python
	@$(PYTHON) -m venv --clear $(VENV)

check-python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "Python is missing ($(PYTHON)): sudo apt-get install -y python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11; name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv is missing: sudo apt-get install -y $(notdir $(PYTHON))-venv"; exit 1; }

check-chromium:
	@test -n "$(CHROMIUM)" || \
		{ echo "Chromium is missing: sudo apt-get install -y chromium-headless-shell fonts-noto-cjk"; exit 1; }
