# Everything a developer runs. No Docker; `make` alone lists the targets.

PYTEST_ARGS ?=
# Each worker has a server of its own. Tests differ in length, so a worker that is done takes tests from another one.
PARALLEL = --maxprocesses 4 --dist worksteal
# Such tests wait a sixth of their time (for locks, engines, processes), so one worker more than processors is faster.
WORKERS = $$($(PYTHON_BIN)/python -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')
LOCK_ARGS ?=
CONTEXT ?= deploy/container

# What neither connects nor renders for Pulumi: every branch of it must be tested.
PURE = awa_infra/errors.py,awa_infra/model/*,awa_infra/naming.py,awa_infra/recent.py,awa_infra/release.py,awa_infra/facts/*,$\
       awa_infra/sqltext.py,awa_infra/spec/*,awa_infra/config/*,awa_infra/planning/*,awa_infra/verification/*,$\
       awa_infra/bundles/*,awa_infra/bundles/formats/*,awa_infra/database/target.py,awa_infra/doctor/checks.py,awa_infra/reports/*
COVERAGE_REPORT = $(PYTHON_BIN)/coverage report --include='$(PURE)' --fail-under=100

PYTHON_BIN := .venv/bin
# Built once, before any test could run into its own time limit while it waits for them.
HOSTS = $(PYTHON_BIN)/python -m devtools.pulumi_hosts >/dev/null || echo "· pulumi: going on without language hosts" >&2
HELM = $(PYTHON_BIN)/python -m devtools.go_tools helm version >/dev/null || echo "· helm: going on without" >&2
UV_COMMAND = "$$(devtools/get-uv)"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo demo-psql demo-stop test test-unit test-matrix bench lint format docs site site-serve lock build \
	container-context clean

# $(call calmly,title,command): the output appears only when the command fails
define calmly
	@if output=$$($(2) 2>&1); then echo "· $(1): ok"; \
	else printf '%s\n' "$$output"; echo "error: $(1) failed" >&2; exit 1; fi
endef

define UNIT_TESTS
@$(PYTHON_BIN)/python -m pytest tests/unit -n auto $(PARALLEL) --cov --cov-report=
$(call calmly,branch coverage of the pure parts,$(COVERAGE_REPORT))
endef

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what uv.lock names into .venv (skipped when up to date)
	@devtools/setup

demo: setup ## start PostgreSQL and deploy Awa to it; leaves it running
	@$(PYTHON_BIN)/python -m devtools.demo

demo-psql: setup ## look around in the demo's database
	@$(PYTHON_BIN)/python -m devtools.demo psql

demo-stop: setup ## stop what `make demo` left running
	@$(PYTHON_BIN)/python -m devtools.demo stop

# The unit tests alone cover the pure parts; the others would only be slower if they were measured.
test: lint ## lint, then run every test; PYTEST_ARGS="-k name" narrows it
	$(if $(PYTEST_ARGS),,@$(HOSTS))
	$(if $(PYTEST_ARGS),,@$(HELM))
	$(if $(PYTEST_ARGS),@$(PYTHON_BIN)/python -m pytest $(PYTEST_ARGS),$(UNIT_TESTS))
	$(if $(PYTEST_ARGS),,@$(PYTHON_BIN)/python -m pytest --ignore=tests/unit -n "$(WORKERS)" $(PARALLEL))

test-unit: setup ## run only the tests that need no server, and their coverage of the pure parts
	$(if $(PYTEST_ARGS),@$(PYTHON_BIN)/python -m pytest tests/unit $(PYTEST_ARGS),$(UNIT_TESTS))

test-matrix: setup ## every start, way, PostgreSQL major, kind of server and fault; two hours; writes docs/reference
	@$(PYTHON_BIN)/python -m devtools.matrix

bench: setup ## time everything beside Awa's own command, Flyway, Liquibase and psql; writes docs/reference/benchmark.md
	@$(PYTHON_BIN)/python -m devtools.bench

lint: setup ## check style, formatting, types and the layers of the code
	$(call calmly,ruff check,$(PYTHON_BIN)/ruff check --output-format concise)
	$(call calmly,ruff format,$(PYTHON_BIN)/ruff format --check)
	$(call calmly,mypy,$(PYTHON_BIN)/mypy)
	$(call calmly,lint-imports,$(PYTHON_BIN)/lint-imports)

format: setup ## rewrite the code in the project's style
	@$(PYTHON_BIN)/ruff check --quiet --fix --exit-zero
	@$(PYTHON_BIN)/ruff format --quiet

docs: setup ## write docs/reference, docs/diagrams and provider/schema.json from the code
	@$(PYTHON_BIN)/python -m devtools.docs

site: setup ## build the documentation site into build/site; warnings are errors
	@$(PYTHON_BIN)/python -m devtools.site

site-serve: setup ## build it and show it on this machine
	@$(PYTHON_BIN)/python -m devtools.site --serve

lock: ## resolve uv.lock anew; LOCK_ARGS=--upgrade takes newer versions
	@$(UV_COMMAND) lock --quiet $(LOCK_ARGS)

build: ## build the wheel and the source archive into dist/
	@rm -rf dist
	@$(UV_COMMAND) build --quiet
	@ls dist/*

# The wheel by its hash, as everything else: pip then takes nothing that is not named here.
container-context: setup ## write into deploy/container what an image of this checkout needs: wheel and requirements
	@mkdir -p $(CONTEXT) && rm -f $(CONTEXT)/awa_infra-*.whl
	@$(PYTHON_BIN)/python -m hatchling build --target wheel --directory $(CONTEXT) >/dev/null 2>&1
	@$(UV_COMMAND) export --quiet --frozen --no-default-groups --no-emit-project --no-header \
		--output-file $(abspath $(CONTEXT))/requirements.txt >/dev/null
	@cd $(CONTEXT) && for wheel in awa_infra-*.whl; do \
		printf './%s --hash=sha256:%s\n' "$$wheel" "$$(sha256sum "$$wheel" | cut -d ' ' -f 1)"; done >>requirements.txt
	@ls $(CONTEXT)/requirements.txt $(CONTEXT)/awa_infra-*.whl

clean: ## remove what builds and tests left; keeps .venv, .cache and .demo
	@rm -rf dist build htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
