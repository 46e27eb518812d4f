# One Makefile for people and for CI. `make demo` and `make test` set everything up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SHARED ?= ../shared
EXAMPLES := examples/second-copy.eml examples/mailbox-full.eml examples/mistyped-domain.eml

.PHONY: demo serve test lab install lint bench clean

install: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[all]' --group lint --group test
	touch $(STAMP)

demo: install
	$(BIN)/retour explain $(EXAMPLES)
	$(BIN)/retour explain --format html --output build/demo/ $(EXAMPLES)
	@echo "The same reports as pages for a browser: $(CURDIR)/build/demo/"

serve: install
	$(BIN)/retour serve

test: install
	$(BIN)/pytest

# Real mail servers side by side, in namespaces of their own (docs/lab.md).
lab: install
	$(BIN)/python -m lab

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/retour rules check

bench: $(VENV)/.training
	$(BIN)/python -m benchmarks

$(VENV)/.training: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --group train
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
