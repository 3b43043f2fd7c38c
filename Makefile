# What one types. Each of these first installs what is missing, or says the one line that does.

PYTHON ?= python3
PORT ?= 8000
DIR ?= var
RUN := .venv/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test coverage bench lint system-demo system-test

help:
	@echo "make demo    the whole thing on http://127.0.0.1:8000/, with a sample letter (PORT=8123 DIR=elsewhere)"
	@echo "make test    every test, on SQLite and PostgreSQL, in a real browser"
	@echo "make coverage    the same, and which lines it ran through"
	@echo "make lint    style, types, templates, which room may import which"
	@echo "make bench   how fast it is, against what"

demo: .venv/runs system-demo
	@exec $(RUN)/python -m coalition demo --port $(PORT) --dir "$(DIR)"

# Databases on disk are waited for a hundred thousand times. A folder in memory, where one has room, is as real and
# never waits.
IN_MEMORY := $(shell df -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }')
PYTEST := $(if $(IN_MEMORY),TMPDIR=$(IN_MEMORY)) $(RUN)/pytest --numprocesses=2 --dist=worksteal

test: .venv/tests system-test
	@$(PYTEST)

coverage: .venv/tests system-test
	@$(PYTEST) --cov --cov-report=term

bench: .venv/bench system-test
	@exec $(RUN)/python -m tests.bench

lint: .venv/tests
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy .
	$(RUN)/djlint --lint --quiet templates
	$(RUN)/lint-imports

# Looked at every time: it takes a blink, and a machine may lose what it had.
system-demo system-test: system-%:
	@bash .ci/system $*

# An empty file each, younger than the list whose packages are in.
.venv/runs: requirements.txt | .venv/bin/python
	@echo "Installing what requirements.txt names into .venv ..." >&2
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/tests: requirements.txt requirements-dev.txt | .venv/bin/python
	@echo "Installing what requirements-dev.txt names into .venv ..." >&2
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/runs

.venv/bench: requirements.txt requirements-dev.txt requirements-bench.txt | .venv/bin/python
	@echo "Installing what requirements-bench.txt names into .venv ..." >&2
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@ .venv/tests .venv/runs

.venv/bin/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Coalition needs Python 3.11 or newer. Name yours: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@PYTHON="$(PYTHON)" bash .ci/system venv
	@"$(PYTHON)" -m venv .venv
