# make run: install what is locked, then the demonstration.  make test: the same, then every check.
# Slow, and not part of the checks: make scale measures how a night grows from a hundred thousand
# transfers to ten million, make tracing the speed of tracing passes up to fifty million; make
# worlds what is found in labelled provinces; make soak kills receivers at every write
# step, and damages what they left; make powercut cuts the power at hundreds of instants of intake
# and of a night (it needs strace); make campaign compares intake with a plain second checker on
# 5,000 mutated packages, finds 1,000 planted errors, and measures files made to cost time or memory.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := test
.PHONY: run test install browser format lock docs scale tracing worlds soak powercut campaign clean

PYTHON ?= python3.11
BIN := .venv/bin

export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export PREFECT_HOME := $(CURDIR)/var/prefect
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

run: install
	$(BIN)/lookthrough demo

test: install browser
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

install: .venv/.project review/static/vendor/.installed

.venv/.created:
	$(PYTHON) -m venv .venv
	touch $@

.venv/.locked: requirements.lock .venv/.created
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	touch $@

.venv/.project: pyproject.toml .venv/.locked
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# What the desk's pages run in the browser, from the npm registry; nothing of it is kept here.
review/static/vendor/.installed: package.json package-lock.json .venv/.locked
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	mkdir -p $(@D)
	cp node_modules/htmx.org/dist/htmx.min.js node_modules/cytoscape/dist/cytoscape.min.js $(@D)/
	touch $@

# What the desk's tests and its PDF files need of the system, where it can be installed.
browser:
	command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk libpango-1.0-0 \
		libpangoft2-1.0-0 libharfbuzz-subset0 >/dev/null; } || \
		echo "no chromium, and it cannot be installed here: the desk's browser tests are left out"

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.created
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-find-links --output-file=requirements.lock requirements.in

scale: install
	$(BIN)/python -m benchmarks.nights small medium large

tracing: install
	$(BIN)/python -m benchmarks.tracing 1 10 50

RELEASE ?= 10
worlds: install
	$(BIN)/lookthrough evaluate --release $(RELEASE)

soak: install
	$(BIN)/python -m benchmarks.soak

powercut: install
	$(BIN)/python -m benchmarks.powercut

campaign: install
	$(BIN)/python -m benchmarks.mutated
	$(BIN)/python -m benchmarks.planted_errors
	$(BIN)/python -m benchmarks.hostile

docs: install
	$(BIN)/python -m data.contracts > docs/tables.md
	$(BIN)/python -m pipelines.intake.rules > docs/rules.md
	$(BIN)/python -m pipelines.intake.forms_document > docs/forms.md
	$(BIN)/python -m evaluation.pages

clean:
	rm -rf .venv node_modules review/static/vendor build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
