# One-word entry points; every build goes through a CMake preset, and each target builds one preset only.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.hpp' '*.cpp' '*.h')

.DEFAULT_GOAL := help
.PHONY: help packages packages-test build run test mutants soak bench replay tidy format format-check layers install clean

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

build: packages  ## release build: binaries in build/release/bin
	$(call build_preset,release)

run: build  ## build, then start the demonstration server
	scripts/run-demo.sh

test: packages-test  ## build with sanitizers and run every test
	$(call build_preset,dev)
	ctest --preset dev -j $(JOBS)

mutants: packages-test  ## break the product in every way of tests/mutants; the named test must notice (ONLY=word: some)
	python3 -B tests/mutants/run.py $(addprefix --only ,$(ONLY))

SEED ?= 1
SEEDS ?= 10000
soak: packages-test mutants  ## the mutants, then the simulation: SEEDS=10000 worlds from SEED=1
	$(call build_preset,dev,--target sim_replay)
	build/dev/bin/sim_replay $(SEED) --seeds $(SEEDS)

bench: packages  ## benchmarks, each with its ratio to a reference of the same run
	$(call build_preset,bench)
	tests/bench/run.sh

DATA ?= ../shared/data/ubuntu-irc.tar.gz
replay: build  ## play real chat (DATA=archive.tar.gz, DAYS=0: all) while server and clients are killed; compare everything
	@if [ -e "$(DATA)" ]; then build/release/bin/fechatter-replay "$(DATA)" --days $(or $(DAYS),0); \
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
