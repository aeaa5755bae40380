# One-word entry points; every build goes through a CMake preset, and each target builds one preset only.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.hpp' '*.cpp' '*.h')

.DEFAULT_GOAL := help
.PHONY: help packages packages-test packages-replay build run test tsan mutants soak fuzz bench replay tidy format format-check layers install clean

define build_preset
cmake --preset $(1)
cmake --build --preset $(1) -j $(JOBS) $(2)
endef

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

packages:
	@scripts/install-packages.sh build
packages-test:
	@scripts/install-packages.sh test
packages-replay:
	@scripts/install-packages.sh replay

build: packages  ## release build: binaries in build/release/bin
	$(call build_preset,release)

run: build  ## build, then start the demonstration server
	scripts/run-demo.sh

test: packages-test  ## build with sanitizers and run every test
	$(call build_preset,dev)
	ctest --preset dev -j $(JOBS)

tsan: packages-test  ## the same tests with the thread sanitizer
	$(call build_preset,tsan)
	ctest --preset tsan -j $(JOBS)

mutants: packages-test  ## break the product in every way of tests/mutants; the named test must notice (ONLY=word: some)
	JOBS=$(JOBS) python3 -B tests/mutants/run.py $(addprefix --only ,$(ONLY))

SEED ?= 1
SEEDS ?= 10000
SANITIZED ?= 500
BRIEF ?= 10
FUZZ_RUNS ?= 10000000
FUZZ_SECONDS ?= 0
soak: packages-test  ## SEEDS=10000 simulated worlds from SEED=1, SANITIZED=500 with sanitizers, every commit of BRIEF=10; then `make mutants`, `make fuzz`
	$(call build_preset,soak,--target sim_replay)
	build/soak/bin/sim_replay $(SEED) --seeds $(SEEDS) --jobs $(JOBS)
	build/soak/bin/sim_replay $(SEED) --seeds $(BRIEF) --boundaries 1 --jobs $(JOBS)
	$(call build_preset,dev,--target sim_replay)
	build/dev/bin/sim_replay $(SEED) --seeds $(SANITIZED) --jobs $(JOBS) --quiet
	$(MAKE) mutants fuzz

fuzz: packages-test  ## every fuzz target: FUZZ_RUNS=10000000 executions or FUZZ_SECONDS=n, whatever comes first (0: no bound)
	$(call build_preset,fuzz,--target fuzz_targets)
	python3 tests/fuzz/run.py --runs $(FUZZ_RUNS) --seconds $(FUZZ_SECONDS) --jobs $(JOBS) $(FUZZ_TARGETS)

bench: packages  ## benchmarks, each with its ratio to a reference of the same run
	$(call build_preset,bench)
	tests/bench/run.sh

DATA ?= ../shared/data/ubuntu-irc.tar.gz
FAULTS ?= --kill-every 1 --pauses --full-disks --clock-jumps
replay: packages-replay build  ## play real chat (DATA=archive.tar.gz, DAYS=0: all) under FAULTS; compare everything
	@if [ -e "$(DATA)" ]; then build/release/bin/fechatter-replay "$(DATA)" --days $(or $(DAYS),0) $(FAULTS); \
	else echo "replay: skipped, there is no archive at $(DATA); name one with DATA=FILE"; fi

tidy: packages-test  ## clang-tidy over our sources
	cmake --preset tidy
	run-clang-tidy-19 -quiet -j $(JOBS) -p build/tidy '/(sdk|server|examples)/.*\.cpp$$'

format: packages-test  ## clang-format in place
	clang-format-19 -i $(SOURCES)

format-check: packages-test  ## fail where clang-format would change something
	clang-format-19 --dry-run --Werror $(SOURCES)

layers:  ## fail where an include breaks the layer table
	python3 tools/check_layers.py

install: build  ## install the SDK and the server under PREFIX=/usr/local
	cmake --install build/release --prefix $(PREFIX)

clean:  ## remove every build directory
	rm -rf build
