# `make run` serves the demo; `make test` runs every check. Both set up what they need.
PYTHON ?= python3
PORT ?= 8000
SPEED ?=
VENV := .venv
BIN := $(VENV)/bin
# One more than the cores that it is meant for: there is always a test that waits.
WORKERS ?= 3
# Tests start Makegood a hundred times over: what Python compiled once is kept.
unexport PYTHONDONTWRITEBYTECODE
# No package is compiled whole for a run or the tests, which keep what they import of it; `make install` compiles all.
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
# What the database may do otherwise in another version. Whom a page lets in and how it writes what was typed are not among
# it, nor how a mail server fails, nor the walk at random and the days lived through, whose statements are those that every
# other test makes as well.
ELSEWHERE := rights_of_* script_in_fields mailbox* recovery_machine recoveries_loop telling_day
ON_DEBIAN := tests/integration tests/contract $(ELSEWHERE:%=--ignore-glob='*/test_%.py')

.PHONY: install run test lint types imports style bench picture requirements clean

install: $(VENV)/run.stamp
	$(BIN)/python -m compileall -q -j 0 $(VENV)/lib src

run: $(VENV)/run.stamp
	$(BIN)/makegood demo --port $(PORT) $(if $(SPEED),--speed $(SPEED))

test:
	@$(MAKE) --no-print-directory --jobs=2 $(VENV)/test.stamp $(VENV)/debian.stamp
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n $(WORKERS)
	MAKEGOOD_TEST_DATABASE=debian15 $(BIN)/python -m pytest -n $(WORKERS) $(ON_DEBIAN)

lint: $(VENV)/test.stamp
	@$(MAKE) --no-print-directory --jobs=2 --output-sync types imports style

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

style:
	$(BIN)/ruff check
	$(BIN)/ruff format --check

bench: $(VENV)/test.stamp $(VENV)/debian.stamp
	$(BIN)/python -m benchmarks

# README's picture, from a demo that was started just now (make run) on the same port.
picture: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks.picture http://127.0.0.1:$(PORT)

requirements:
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--strip-extras --output-file requirements/run.txt requirements/run.in
	$(BIN)/pip-compile --quiet --upgrade --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--strip-extras --output-file requirements/test.txt requirements/test.in

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) --require-hashes -r requirements/run.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	$(PIP_INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

# Tests drive Debian's Chromium, read mail from its Dovecot, serve behind its nginx, and run again on its PostgreSQL 15.
$(VENV)/debian.stamp: Makefile | $(VENV)/bin/python
	@test -x /usr/bin/chromium -a -x /usr/bin/chromium-headless-shell -a -x /usr/lib/postgresql/15/bin/postgres \
		-a -x /usr/sbin/nginx -a -x /usr/lib/dovecot/imap \
		|| (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			chromium chromium-headless-shell postgresql-15 nginx-light dovecot-imapd)
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
