# What a developer and CI run. `make` alone lists the targets.
#
# Each target makes sure first that what it needs is installed (scripts/setup.sh).

.DEFAULT_GOAL := help
.PHONY: help run test fuzz torture bench load transfer audit pix conformance fmt clean-data

DATA ?= renkei-data
# How long each reader is fuzzed, and of a long test: random cases, random stored queries, kills on each
# database.
SECONDS ?= 60
CASES ?= 20000
QUERIES ?= 100000
KILLS ?= 10000
# Of a long test: MiB of each of 64 documents that are sent at once; all lie on the disk together.
TRANSFER_MIB ?= 256

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start a community in ./renkei-data
	@scripts/setup.sh build
	cargo run --locked -p renkei -- up --data $(DATA)

test: ## All that CI demands: format, lints, arrows, tests on both databases, conformance
	@scripts/setup.sh test
	@scripts/test.sh

fuzz: ## Damaged and hostile messages against each reader of foreign bytes, SECONDS=60 for each
	@scripts/setup.sh build
	cargo run --locked --profile fuzz -p fuzz -- --seconds $(SECONDS)

torture: ## Hours of tests: CASES=20000 a reader and property, QUERIES=100000, KILLS=10000 of a community
	@scripts/setup.sh test
	PROPTEST_CASES=$(CASES) cargo test --locked --profile ci \
		-p datatypes -p xds -p identity -p xml -p soap -p ebxml -p hl7v2 -p hl7v3 -p atna
	cargo run --locked --profile fuzz -p fuzz -- --cases $(CASES)
	RENKEI_QUERY_CASES=$(QUERIES) scripts/with-postgres.sh \
		cargo test --locked --profile ci -p registry --test main -- stored_queries
	RENKEI_CRASH_ROUNDS=$(KILLS) scripts/with-postgres.sh \
		cargo test --locked --profile ci -p renkei --test main -- crash --show-output
	RENKEI_FAULT_POINTS=all \
		cargo test --locked --profile ci -p renkei --test main -- storage --show-output
	RENKEI_TRANSFER_MIB=$(TRANSFER_MIB) \
		cargo test --locked --profile ci -p renkei --test main -- transfers --show-output

bench: ## Criterion benches
	@scripts/setup.sh build
	cargo bench --locked -p benches

load: ## Load driver: stored queries against a server of known cost, side by side
	@scripts/setup.sh build
	cargo run --locked --release -p benches -- load

transfer: ## Load driver: documents to and from a community and a plain file server, side by side
	@scripts/setup.sh build
	cargo run --locked --release -p benches -- transfer

audit: ## Load driver: audit messages into a repository and a bare table, side by side
	@scripts/setup.sh build
	cargo run --locked --release -p benches -- audit

pix: ## Load driver: questions and patients to a PIX manager and to plain servers, side by side
	@scripts/setup.sh build
	cargo run --locked --release -p benches -- pix

conformance: ## Start a community in a temporary folder and run every conformance case against it
	@scripts/setup.sh build
	@scripts/conformance.sh

fmt: ## Format the whole workspace
	cargo fmt --all

clean-data: ## Remove the data of `make run`, documents included
	@scripts/clean-data.sh $(DATA)
