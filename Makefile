# Sanad. `make up` needs Python 3.11 or newer and nothing else; `make test` runs the tests. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
LAUNCHER := $(BIN)/python -m portal.launcher
export PYTHONPATH := $(CURDIR)/platform:$(CURDIR)/platform/sdk
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Packages are installed uncompiled (below): where this is set, each of many processes would compile all it imports anew.
unexport PYTHONDONTWRITEBYTECODE

# A list that was installed leaves a mark that carries its digest: a changed list is installed again, nothing else is.
mark = $(VENV)/installed-$(1)-$(shell cksum < requirements/$(1).txt | tr ' ' '-')

.PHONY: help up install install-dev demo test check fix bench images doctor tenant operator stop status requirements clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

up: install ## install what is missing, start everything on http://127.0.0.1:8000, load the sample project
	@exec $(LAUNCHER) up $(ARGS)

install: $(call mark,base) $(VENV)/bin/sanad $(VENV)/compiled ## virtual environment, packages, front-end files, the command `sanad`
	@$(BIN)/python -m portal.frontend

install-dev: install $(call mark,dev) ## and what checks and tests need

demo: install ## the main job, headless, on a temporary state and free ports; JSON=PATH writes its summary
	@# It reads weather out of files that it serves itself, so its own portal alone, which goes with it, may call this machine.
	export SANAD_OUTBOUND_ALLOW="$${SANAD_OUTBOUND_ALLOW:+$$SANAD_OUTBOUND_ALLOW,}127.0.0.1/32"
	$(LAUNCHER) run --quiet -- $(BIN)/python -m sanad.demo $(if $(JSON),--json '$(abspath $(JSON))')

test: install-dev ## the tests; ARGS="-k word" goes to pytest
	@exec $(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: install-dev ## everything static; changes nothing
	@test ! -e platform/__init__.py || { echo "platform/__init__.py hides the standard library's module of that name: remove it."; exit 1; }
	@test ! -e docker/__init__.py || { echo "docker/__init__.py hides the Docker SDK: remove it."; exit 1; }
	@set -x
	# It takes half of the time, of one core: the others are asked meanwhile.
	$(BIN)/mypy apps platform/foundation platform/portal platform/gateway platform/runtime platform/sdk/sanad bench & typing=$$!
	trap 'kill $$typing 2>/dev/null || true' EXIT
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m compileall -q apps platform bench docker tests manage.py
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python docs/build.py --check
	$(BIN)/python requirements/audit.py
	git ls-files -z --cached --others --exclude-standard 'templates/*.html' | xargs -0 $(BIN)/djhtml --check
	wait $$typing

fix: install-dev ## format and mend what can be mended by machine
	@set -x
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python docs/build.py
	git ls-files -z --cached --others --exclude-standard 'templates/*.html' | xargs -0 $(BIN)/djhtml

bench: install-dev $(call mark,bench) ## speed beside peers in one run; ONLY=AREA, JSON=PATH
	@$(BIN)/python -m bench $(if $(ONLY),--only '$(ONLY)') $(if $(JSON),--json '$(abspath $(JSON))')

images: install ## container images for COMPUTE_ENGINE=docker
	@$(BIN)/python docker/build.py $(ARGS)

doctor: ## what is missing or sick, and how to mend it
	@test -x $(BIN)/python || { echo "Nothing is installed yet: run make install."; exit 1; }
	$(LAUNCHER) doctor $(ARGS)

tenant: ## make a tenant in a running portal: SLUG=bank NAME="The Bank" ADMIN=somebody@bank.example
	@test -n "$(SLUG)" -a -n "$(NAME)" -a -n "$(ADMIN)" \
	  || { echo 'Say which: make tenant SLUG=bank NAME="The Bank" ADMIN=somebody@bank.example'; exit 2; }
	$(LAUNCHER) tenant '$(SLUG)' '$(NAME)' --admin '$(ADMIN)'

operator: ## make somebody with an account an operator of the platform: EMAIL=somebody@bank.example
	@test -n "$(EMAIL)" || { echo 'Say whom: make operator EMAIL=somebody@bank.example'; exit 2; }
	$(LAUNCHER) operator '$(EMAIL)' $(ARGS)

stop: ## stop what `make up` started elsewhere
	@test -x $(BIN)/python || { echo "Nothing is installed here, so nothing runs."; exit 0; }
	$(LAUNCHER) stop

status: ## say whether it runs, and where
	@test -x $(BIN)/python || { echo "Nothing is installed here, so nothing runs: make up installs and starts it."; exit 1; }
	$(LAUNCHER) status

requirements: install-dev ## compile requirements/*.in, keeping the pins that still fit
	@for list in base dev runtime bench feast spark; do
	  $(BIN)/pip-compile --quiet --strip-extras --no-header --no-config --annotation-style=line --no-emit-index-url \
	    --no-emit-find-links --no-emit-trusted-host --no-emit-options --output-file=requirements/$$list.txt requirements/$$list.in
	  sed -i -E 's/^([a-z0-9._-]+==[^+ ]+)\+[^ ]+/\1/' requirements/$$list.txt
	done

clean: ## remove what was installed and made; the state in .sanad stays
	@rm -rf $(VENV) node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Sanad needs Python 3.11 or newer, and none was found: install it, or run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Sanad needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Run make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing (Debian: apt install python3-venv)."; exit 1; }
	@# Python brings a pip that takes twice as long for what follows; where no newer one is to be had, it will do.
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=26' \
	  || echo "No newer pip was found where packages come from: installing takes somewhat longer, nothing else changes."

# An entry in the virtual environment, nothing copied: the client of this very clone, without a look at the network.
$(VENV)/bin/sanad: platform/sdk/pyproject.toml $(call mark,base)
	@# setuptools warns of any folder that hides a package of the same name; there is none here.
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable platform/sdk
	touch $@

# Runs are shown the packages read-only: what they import is compiled once, here, and not by each of them anew.
$(VENV)/compiled: $(call mark,base)
	@$(BIN)/python -m runtime.compiled
	touch $@

# A module is compiled when it is first imported: most never are, and compiling all took half of the time.
$(VENV)/installed-%: $(VENV)/bin/python
	@list=$$(echo '$*' | cut -d- -f1); began=$$SECONDS
	echo "Installing requirements/$$list.txt (the first time a few minutes; about 1 GB to download, 2.3 GB on disk)"
	$(BIN)/python -m pip install --quiet --use-pep517 --no-compile --requirement requirements/$$list.txt
	rm -f $(VENV)/installed-$$list-*; touch '$@'
	echo "Installed in $$((SECONDS - began)) s"
