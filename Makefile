# Everything runs in .venv, which is made when it is missing and renewed when what it holds changes.
# Needs Python 3.11 or later, make and git.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
INPUTS := pyproject.toml constraints.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCALE := commands/locale
MANUAL := docs/commands.md

.PHONY: help demo demo-web demo-clean exercise test bench lint format types contract messages \
        check-messages docs docs-check venv clean

help:
	@echo "make demo            try Kring: a homeserver, a cooperative and a chat, all on this machine"
	@echo "make demo-web        the same, with a web client (needs Node.js and npm)"
	@echo "make demo-clean      remove the demo's world"
	@echo "make test            the tests, those against a real homeserver included"
	@echo "make bench           the benchmarks"
	@echo "make exercise        the demo's tour of every feature, played without a person"
	@echo "make lint format     what ruff says; what ruff mends"
	@echo "make types           what mypy says"
	@echo "make contract        whether the three floors import downwards only"
	@echo "make messages        renew the catalogues from the sources"
	@echo "make check-messages  whether every message is translated"
	@echo "make docs            renew $(MANUAL) from the commands' own descriptions"
	@echo "make venv            only the virtual environment, with everything for developers"

# exec: Kring is make's own child, so that an orderly end after Ctrl-C is not called an error.
demo: .venv/.demo
	@exec $(BIN)/kring demo

demo-web: .venv/.demo
	@exec $(BIN)/kring demo --web

demo-clean:
	@rm -rf .demo
	@echo "The demo's world is gone."

exercise: .venv/.demo
	@exec $(BIN)/kring demo --exercise

test: .venv/.dev
	$(BIN)/python -m pytest

bench: .venv/.dev
	@exec $(BIN)/python -m tests.bench

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv/.dev
	$(BIN)/mypy

contract: .venv/.dev
	$(BIN)/lint-imports

messages: .venv/.dev
	$(BIN)/pybabel -q extract -F babel.cfg --no-wrap --sort-by-file --project=Kring \
	    -o $(LOCALE)/kring.pot .
	$(BIN)/pybabel -q update -i $(LOCALE)/kring.pot -d $(LOCALE) -D kring --no-wrap \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@rm -f $(LOCALE)/kring.pot

check-messages: .venv/.dev
	$(BIN)/python -m tools.check_messages

docs: .venv/.dev
	$(BIN)/python -m tools.write_manual $(MANUAL)

docs-check: .venv/.dev
	$(BIN)/python -m tools.write_manual --check $(MANUAL)

venv: .venv/.dev
	@:

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

.venv/.dev: $(INPUTS) | .venv/bin/python
	@echo "Installing Kring and the developers' tools in .venv (a minute or two the first time) ..."
	@$(PIP) install -q -c constraints.txt -e '.[dev]'
	@touch .venv/.demo .venv/.dev

.venv/.demo: $(INPUTS) | .venv/bin/python
	@echo "Installing Kring and its demo in .venv (a minute or two the first time) ..."
	@$(PIP) install -q -c constraints.txt -e '.[demo]'
	@touch .venv/.demo

.venv/bin/python:
	@set -e; python=; \
	for candidate in python3.13 python3.12 python3.11 python3; do \
	    if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        python=$$candidate; break; \
	    fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Kring needs Python 3.11 or later, and none was found." >&2; \
	    echo "Install it (for instance: apt install python3 python3-venv), then try again." >&2; \
	    exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$python cannot make a virtual environment: its venv and ensurepip are missing." >&2; \
	    echo "Install them (for instance: apt install python3-venv), then try again." >&2; \
	    exit 1; \
	fi; \
	echo "Making .venv with $$($$python --version) ..."; \
	rm -rf .venv; $$python -m venv .venv
