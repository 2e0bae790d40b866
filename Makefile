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
.PHONY: run test install format lock docs scale tracing worlds soak powercut campaign clean

PYTHON ?= python3.11
BIN := .venv/bin

export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export PREFECT_HOME := $(CURDIR)/var/prefect
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

run: install
	$(BIN)/lookthrough demo

test: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

install: .venv/.project

.venv/.created:
	$(PYTHON) -m venv .venv
	touch $@

.venv/.locked: requirements.lock .venv/.created
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	touch $@

.venv/.project: pyproject.toml .venv/.locked
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

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

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
