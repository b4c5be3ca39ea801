# Everything runs in .venv, which each target makes and fills when it is missing or requirements changed.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help install bench quick lab publish wheel test test-units soak lint
.DEFAULT_GOAL := help

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/ready ## set up .venv alone

bench: .venv/ready .genbench/checked ## run the benchmark that params.yaml describes, print its leaderboard
	@genbench fanout
	@genbench table

quick: .venv/ready ## the same on the fewest rows: switches params.yaml to the profile quick
	@genbench use quick
	@$(MAKE) --no-print-directory bench

lab: .venv/ready .genbench/checked ## the benchmark, then the laboratories, which are about it: divergences, tuning, metrics, likelihood, balance, sequences, truth
	@genbench fanout
	@cd laboratory && genbench repro $(STUDIES:%=%/dvc.yaml)

publish: .venv/ready ## a static site of all reports and documents, in build/site
	@genbench site

wheel: .venv/ready ## the package as a file, in dist, with what `genbench init` lays out
	@pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

# two processes of one thread each, which share the tests by files; threads that wait for each other would take a core
PYTEST := OMP_NUM_THREADS=1 pytest -q --numprocesses 2 --dist loadfile --no-loadscope-reorder

test: .venv/ready ## all tests but the long ones
	@$(PYTEST) -m "not soak"

test-units: .venv/ready # without pipelines
	@$(PYTEST) -m "not soak and not pipeline"

soak: .venv/ready ## the long tests
	@pytest -q -m soak

lint: .venv/ready ## style, types, known vulnerabilities of packages
	@ruff check .
	@ruff format --check .
	@mypy
	@python .ci/audit.py

# The study of truth is of data that are drawn from a known distribution: `genbench use known` first.
STUDIES = divergences tuning metrics likelihood balance sequences $(if $(shell grep '^dataset: known_' params.yaml),truth)

# Params and versions are checked before DVC starts; what was found to fit is not checked again until it changes.
.genbench/checked: params.yaml environment.yaml $(shell find genbench -name '*.py') | .venv/ready
	@genbench check
	@mkdir -p $(@D) && touch $@

# Another Python, or requirements that were changed, are what the user wants to compute with: they go into
# environment.yaml, so that stages run, and run anew. With the pinned requirements and Python 3.11 nothing changes.
.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "genbench needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	pip install --quiet --disable-pip-version-check --requirement requirements.txt
	pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@genbench environment --write
	@touch $@
