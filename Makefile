.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 16

$(VENV)/.run: requirements/run.txt sesbox/pyproject.toml sendwell/pyproject.toml
	@tools/install.sh $(PYTHON) $(VENV) run

$(VENV)/.dev: requirements/dev.txt sesbox/pyproject.toml sendwell/pyproject.toml
	@tools/install.sh $(PYTHON) $(VENV) dev

run: $(VENV)/.run ## Install, then start sendwell with its embedded sesbox; Ctrl-C stops both
	@$(BIN)/sendwell up

test: $(VENV)/.dev ## Everything: unit, integration, parity, story and browser tests on real services
	@tools/test.sh $(VENV)

test-unit: $(VENV)/.dev ## Values in, values out: needs no service, ends in seconds
	@$(BIN)/pytest -q sesbox/tests/unit sendwell/tests/unit

check: $(VENV)/.dev ## Format, lint, types, import contracts, sizes
	@tools/check.sh $(VENV)

bench: $(VENV)/.dev ## Measure; each benchmark prints JSON
	@tools/bench.sh $(VENV)

wheels: $(VENV)/.dev ## Build both wheels and install them into an empty environment
	@tools/wheels.sh $(VENV)

chaos: $(VENV)/.dev ## Kill workers at many more moments than `make test` does
	@SENDWELL_CHAOS_ROUNDS=$${ROUNDS:-25} $(BIN)/pytest -q story/test_kills.py

clean: ## Remove the environment and what runs left behind (not data/)
	rm -rf $(VENV) .venv-awscli .venv-bench .run build

.PHONY: help run test test-unit check bench wheels chaos clean
