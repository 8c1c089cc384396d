# Everything a person does with Reelate on a laptop. `make` alone lists the targets.
# Needs Python >= 3.11, git and make; the rest is installed here, from uv.lock.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
UV := .venv-uv/bin/uv
BIN := .venv/bin
REELATE := $(BIN)/reelate
STAGE ?= dev
# The first Python that is new enough and not too new; PYTHON=/path/to/python overrides.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	if $$p -c '$(SUPPORTED)' >/dev/null 2>&1; then command -v $$p; break; fi; done)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort \
		| awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

.PHONY: setup
setup: .venv/.installed ## install everything into .venv (the other targets do it by themselves)

.venv-uv/.installed-$(UV_VERSION):
	@if [ -z "$(PYTHON)" ]; then \
		echo "Reelate needs Python 3.11, 3.12 or 3.13, and found none on PATH." >&2; \
		echo "Install one, or name it: make setup PYTHON=/path/to/python3" >&2; exit 2; fi
	@echo "Installing uv $(UV_VERSION) into .venv-uv with $(PYTHON)"
	@rm -rf .venv-uv
	@"$(PYTHON)" -m venv .venv-uv || { echo "This Python cannot make virtual environments;" \
		"on Debian: apt install python3-venv" >&2; rm -rf .venv-uv; exit 2; }
	@.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

.venv/.installed: .venv-uv/.installed-$(UV_VERSION) uv.lock pyproject.toml
	@echo "Installing the locked dependencies into .venv"
	@env -u VIRTUAL_ENV $(UV) sync --frozen --quiet --python .venv-uv/bin/python
	@touch $@

.PHONY: demo
demo: setup ## the whole story: start, upload a sales call, watch it, read what was said
	@$(REELATE) demo

.PHONY: up
up: setup ## start the embedded cloud in the background, deploy, print URL and key
	@$(REELATE) up

.PHONY: down
down: setup ## stop it; the data stays
	@$(REELATE) down

.PHONY: reset
reset: setup ## stop it and forget all its data
	@$(REELATE) reset

.PHONY: status
status: setup ## what runs, and where
	@$(REELATE) status

.PHONY: logs
logs: setup ## follow the cloud's logs (FUNCTION=video-encode for one function's)
	@$(REELATE) logs --follow $(FUNCTION)

.PHONY: test
test: setup ## all tests (ARGS="-k name" passes arguments to pytest)
	@$(BIN)/python -m pytest --ignore=tests/journeys --ignore=tests/models -n 2 --dist loadfile $(ARGS)
	@$(BIN)/python -m pytest tests/journeys tests/models $(ARGS)

.PHONY: coverage
coverage: setup ## branch coverage of functions/ by the fast tests; fails below 90 %
	@$(BIN)/python -m pytest --ignore=tests/journeys --ignore=tests/models -n 2 --dist loadfile \
		--cov --cov-report=term --quiet $(ARGS)

.PHONY: fuzz
fuzz: setup ## every operation with 100 made-up requests, and sequences of them (minutes)
	@FUZZ_EXAMPLES=100 $(BIN)/python -m pytest tests/contract -k schemathesis -n 2 --dist load \
		--timeout 900 $(ARGS)

.PHONY: lint
lint: setup ## format, style, types, security, the OpenAPI document
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m tests.contract.spectral_lint
	@$(BIN)/bandit --quiet --recursive --severity-level medium functions infra

.PHONY: format
format: setup ## format and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: audit
audit: setup ## known vulnerabilities in the locked dependencies (needs the network)
	@env -u VIRTUAL_ENV $(UV) export --frozen --all-groups --no-emit-project --quiet \
		--output-file build/requirements.txt >/dev/null
	@$(BIN)/pip-audit --disable-pip --requirement build/requirements.txt

.PHONY: bench
bench: setup ## speed and cost against their budgets
	@$(BIN)/python -m tests.bench

.PHONY: openapi
openapi: setup ## write functions/openapi.json and functions/events.json from the code
	@$(BIN)/python -m tests.contract.openapi
	@$(BIN)/python -m tests.contract.events

.PHONY: synth
synth: setup ## synthesise stage STAGE into cdk.out (cfn-lint and cdk-nag included)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/reelate synth --stage "$(STAGE)"

.PHONY: deploy
deploy: setup ## deploy stage STAGE to the AWS account of your credentials
	@$(REELATE) deploy --stage "$(STAGE)"

.PHONY: doctor
doctor: setup ## check this machine and the local cloud
	@$(REELATE) doctor
