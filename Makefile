# All developer commands. Each target installs what it needs: npm packages from the lock file, tools from Debian.
SHELL := /bin/sh
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

IMAGE ?= kubesteer:dev
OVERLAY ?= config/overlays/kubeadm
MODE ?= nftables
MINUTES ?= 10
NETWORK_TOOLS := ip nft conntrack socat kubectl setpriv curl
BENCH_TOOLS := wrk nginx taskset sysctl

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

node_modules/.package-lock.json: package.json package-lock.json playground/api-server/package.json
	@echo "Installing npm packages from package-lock.json (this includes Node.js 24)"
	@npm ci --no-progress --loglevel=error
	@touch $@

npm-packages: node_modules/.package-lock.json
	@node scripts/check-node.cjs

tools:
	@scripts/install-tools.sh $(NETWORK_TOOLS)

dist: npm-packages
	@node scripts/build.ts

demo: dist tools ## Start a cluster on this machine, send real traffic through it and show what happens (root)
	@node playground/demo/main.ts

playground: dist tools ## Start the same cluster and leave it running for experiments with kubectl (root)
	@node playground/main.ts

test: dist tools ## Run the tests: unit, goldens, API, image, packets, end to end, a minute of soak; less than 20 minutes (root)
	@node test/run-suites.ts

test-all: dist tools ## Run all tests, with packets in every mode and a long soak (root)
	@node test/run-suites.ts --all

coverage: npm-packages ## Measure the source coverage of the unit tests; report in coverage/
	@c8 --all --extension .ts --include 'agent/**' --include 'operator/**' --include 'platform/**' --include 'crds/**' \
	  --reporter text-summary --reporter html mocha 'test/unit/**/*.test.ts'

packets: npm-packages tools ## Run the scenarios as real packets, in MODE (default nftables) (root)
	@MODE=$(MODE) mocha 'test/packets/**/*.test.ts'

lint: npm-packages ## Check types, lint rules, formatting and generated files
	@npm run --silent lint

soak: dist tools ## Run random changes, kills and external flushes for MINUTES (default 10) (root)
	@node test/soak/main.ts --minutes=$(MINUTES)

bench: dist tools ## Measure speed and memory; prints a table, JSON lines in .bench/latest.jsonl (root)
	@scripts/install-tools.sh $(BENCH_TOOLS)
	@node test/bench/main.ts

image: ## Build the container image IMAGE (default kubesteer:dev) with docker, podman or buildah
	@scripts/build-image.sh $(IMAGE)

deploy: ## Install OVERLAY (default config/overlays/kubeadm) with IMAGE into the current cluster of kubectl
	@scripts/install-tools.sh kubectl
	@manifests="$$(scripts/render-manifests.sh $(OVERLAY) $(IMAGE))" && \
	  printf '%s\n' "$$manifests" | kubectl apply --server-side -f -

clean: ## Remove everything that the other targets created, and everything that a crashed playground left behind
	@if [ -x node_modules/.bin/node ]; then node playground/clean.ts; fi
	@rm -rf dist coverage .bench .playground .image node_modules

.PHONY: help npm-packages tools dist demo playground test test-all coverage packets lint soak bench image deploy clean
