# `make` alone lists the targets. Works with GNU make 3.81 (macOS) and later.
# make start ROOT=path/to/edge-root PORT=9000
#
# `exec` where a station runs: a SIGTERM to make then reaches the station, and not a shell in between.

ROOT ?=
PORT ?=
START_OPTIONS = $(if $(ROOT),--root "$(ROOT)") $(if $(PORT),--port $(PORT))
INSTALLED = node_modules/.installed

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@echo "Usage: make <target>"
	@echo
	@sed -n 's/^\([a-z_]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  %-20s %s\n", $$1, $$2 }'

$(INSTALLED): package-lock.json
	@sh scripts/install-dependencies.sh
	@touch $@

.PHONY: dependencies
dependencies: $(INSTALLED) ## Install the dependencies when package-lock.json changed
	@:

.PHONY: start
start: $(INSTALLED) ## Run the station of ROOT (default: the demo) on PORT (default: 8000)
	@exec npm start --silent -- $(START_OPTIONS)

.PHONY: dev
dev: $(INSTALLED) ## Run the demo station and restart it when a file changes
	@exec npm run --silent dev

.PHONY: tests
tests: $(INSTALLED) ## Run everything CI runs: lint, types, unused code and all tests
	@npm run --silent verify

.PHONY: test_needs
test_needs: ## Install what some tests need beyond npm: ffmpeg, servers to test with
	@sh scripts/install-test-needs.sh

.PHONY: check
check: $(INSTALLED) ## Lint, types and unused code
	@npm run --silent check

.PHONY: unit_tests
unit_tests: $(INSTALLED) ## Run the tests that need nothing but the code
	@npm run --silent test:unit

.PHONY: integration_tests
integration_tests: $(INSTALLED) ## Run the tests of adapters against what they talk to, and list them
	@npm run --silent verify -- integration

.PHONY: functional_tests
functional_tests: $(INSTALLED) ## Run the tests that drive a whole station from outside
	@npm run --silent test:functional

.PHONY: pyramid
pyramid: $(INSTALLED) ## Count the tests of each kind
	@npm run --silent pyramid

.PHONY: pyramid_and_badges
pyramid_and_badges: $(INSTALLED) ## Count the tests and write the badges of docs/badges
	@npm run --silent pyramid -- --badges docs/badges

.PHONY: bench
bench: $(INSTALLED) ## Measure latency, rate, CPU and memory; prints JSON
	@npm run --silent bench

.PHONY: clean
clean: ## Remove what is built, installed or reported (never an edge root's data)
	rm -rf dist reports node_modules
