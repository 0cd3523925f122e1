# Every target sets up what it needs first; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?=
ONTOLOGY ?=
SERVE ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo serve test tests lint audit bench faults experiments screenshots clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.translated  ## the whole way from recordings to a release and a trained model, then the site
	@$(BIN)/python manage.py demo $(if $(DATA),--data "$(DATA)") \
		$(if $(ONTOLOGY),--ontology "$(ONTOLOGY)") $(if $(filter 0,$(SERVE)),--no-serve)

serve: $(VENV)/.translated  ## the site and its workers, without the demo
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py serve

test: $(VENV)/.test-time lint tests  ## the checks and every test

tests: $(VENV)/.test-time  ## the tests alone
	@echo "Tests: about 11 minutes on two cores."
	@# Two processes, a file's tests in one of them: some share a broker's database.
	@# One that fails is tried once more and listed as RERUN: browsers and workers are timed by a busy
	@# machine. What is wrong fails twice; what is listed often is looked at.
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --reruns 1

lint: $(VENV)/.test-time  ## style, types, the direction of imports, and what a security linter finds
	@echo "Checks: style, types, imports, security; about a minute."
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/bandit --quiet --recursive --configfile pyproject.toml annotator datasets_app ml_worker
	@$(BIN)/python -m annotator.security.deployment_checks

audit: $(VENV)/.test-time  ## ask whether a package we stand on has a known weakness; needs the network
	@$(BIN)/python -m annotator.security.package_audit

bench: $(VENV)/.bench-time  ## time every stage at 50,000 clips, the rules and the learning beside their peers
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.learning

faults: $(VENV)/.test-time $(VENV)/.translated  ## break everything while people work, and count what is lost (SHORT=1: a minute)
	@$(BIN)/python -m benchmarks.faults $(if $(filter 1,$(SHORT)),--short)

experiments: $(VENV)/.test-time  ## the models' figures on the real data at hand, into docs/results.md
	@$(BIN)/python -m benchmarks.experiments --publish

screenshots: $(VENV)/.test-time  ## pictures of the pages, from the demo's collection
	@$(BIN)/python docs/screenshots.py

clean:  ## take away the virtual environment and everything in var/
	rm -rf $(VENV) var

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Harken needs Python 3.11 or newer; PYTHON=... names another interpreter."; exit 1; }
	@echo "Set-up 1 of 2: a virtual environment in $(VENV) (a few seconds; about 2 minutes left in all)."
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python's venv module is missing; on Debian: apt install python3-venv."; exit 1; }

$(VENV)/.run-time: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Set-up 2 of 2: installing packages (PyTorch is the large one; about 2 minutes left)."
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.translated: $(wildcard annotator/locale/*/LC_MESSAGES/django.po) $(VENV)/.run-time
	@$(BIN)/python manage.py compile_translations
	@touch $@

$(VENV)/.test-time: pyproject.toml constraints.txt $(VENV)/.translated | $(VENV)/bin/python
	@echo "Set-up of the tests: a few more packages (about 20 seconds)."
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'
	@# crowd-kit's learning half wants transformers; its aggregation, our peer, wants none of it.
	@$(BIN)/pip install --quiet --constraint constraints.txt --no-deps crowd-kit
	@touch $@

$(VENV)/.bench-time: $(VENV)/.test-time
	@echo "Set-up of the benchmarks: the peers they are measured beside (about 30 seconds)."
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test,bench]'
	@touch $@
