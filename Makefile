# Thin targets: each is a command or two that can be typed as well.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3.11
PYTHON_SOURCES := python examples workloads tests/python
# Sources of the native module: a change of any of them needs a new build.
RUST_SOURCES := $(shell find crates -name '*.rs' -o -name 'Cargo.toml') Cargo.toml Cargo.lock pyproject.toml

CART := workloads/cart
ACCOUNTS ?= 10000,1000000
ROUNDS ?= 5

.PHONY: build demo cart-postgres bench bench-baseline bench-check bench-compiler bench-peers check-fuzz fuzz test test-rust test-python crash soak simulate check-standard-library lint format clean prerequisites

build: $(VENV)/.built

# What cannot be installed from here is named in one line.
prerequisites:
	@command -v cargo >/dev/null || { echo "error: cargo is missing: install Rust 1.95 or later (https://rustup.rs)" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "error: a C linker is missing: apt-get install gcc" >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is missing: install CPython 3.11 or later, or name yours: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11: name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "error: $(PYTHON) cannot make virtual environments: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.tools: pyproject.toml | prerequisites
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'maturin>=1.16,<2' --group dev
	@touch $@

# Editable: Python sources are used in place.
$(VENV)/.built: $(VENV)/.tools $(RUST_SOURCES)
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --quiet
	@touch $@

demo: build
	@$(BIN)/python examples/shop/demo.py

# What the shopping cart with PostgreSQL needs, in a folder of its own.
cart-postgres: $(CART)/.venv/.installed

$(CART)/.venv/.installed: $(CART)/requirements.txt | prerequisites
	@test -x $(CART)/.venv/bin/python || $(PYTHON) -m venv $(CART)/.venv
	$(CART)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(CART)/requirements.txt
	@touch $@

# Ours and the baselines in turn, and the targets: about fifteen minutes on a machine that has nothing else to do.
bench: build
	@$(BIN)/anabranch bench comparison --accounts $(ACCOUNTS) --rounds $(ROUNDS)

# The same transfers in other systems, in turn with ours. They are installed into a folder of their own.
PEERS := .peers
bench-peers: build $(PEERS)/.installed
	@$(BIN)/anabranch bench peers --programs $(PEERS) --rounds $(ROUNDS)

# What cannot be installed is skipped here, and named by the command.
PEER_SOURCES := workloads/peers/requirements.txt workloads/peers/package.json \
	workloads/peers/restate/Cargo.toml workloads/peers/restate/Cargo.lock workloads/peers/restate/src/main.rs
$(PEERS)/.installed: $(PEER_SOURCES) | prerequisites
	@mkdir -p $(PEERS)/restate
	@test -x $(PEERS)/venv/bin/python || $(PYTHON) -m venv $(PEERS)/venv
	-$(PEERS)/venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement workloads/peers/requirements.txt
	@cp workloads/peers/package.json $(PEERS)/restate
	-npm install --silent --no-audit --no-fund --prefix $(PEERS)/restate
	-cargo build --quiet --release --locked --manifest-path workloads/peers/restate/Cargo.toml --target-dir $(PEERS)/restate-service
	@touch $@

# Figures of the paper and beyond, each with its data and a page in experiments/NAME.
EXPERIMENTS := latency latency-over-rate splitting contention recovery scale memory
.PHONY: experiments $(EXPERIMENTS:%=experiment-%)
experiments: $(EXPERIMENTS:%=experiment-%)
$(EXPERIMENTS:%=experiment-%): experiment-%: build
	@$(BIN)/anabranch bench experiment $*

test: test-rust test-python

test-rust: $(VENV)/.tools
	cargo nextest run --workspace --no-tests=pass

# The cart with PostgreSQL is tested where there is a server.
test-python: build $(if $(wildcard /usr/lib/postgresql/*/bin/initdb),cart-postgres)
	$(BIN)/python -m pytest -q -n 2

KILLS ?= 1000
MINUTES ?= 10
CRASH := cd tests/python && $(abspath $(BIN))/python -m crash

# Kills servers under load, and damages a data folder at thousands of places.
crash: build
	$(CRASH) kill --kills $(KILLS) $(if $(SEED),--seed $(SEED))
	ANABRANCH_PLACES=500 cargo test --package anabranch-embedded --test embedded -- --nocapture damage::

# The same load without kills: memory and files must not grow.
soak: build
	$(CRASH) soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

# The kernel's step in a simulated engine that reorders, crashes and replays.
SEEDS ?= 10000
simulate:
	cargo run --release --package anabranch-simulator -- simulate --seeds $(SEEDS) $(if $(SEED),--first-seed $(SEED))

# Every file of Python's standard library and of the installed packages through the compiler.
check-standard-library: $(VENV)/.tools
	ANABRANCH_PYTHON_FOLDERS=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sep=":")') \
		cargo test --release --package anabranch-compiler --test standard_library -- --ignored --nocapture

# How fast the compiler is; the figures are in docs/performance.md.
bench-compiler:
	cargo bench --package anabranch-compiler

# What each part costs in instructions, which do not depend on the machine's load: names what got worse
# by over 5 % against the baseline that is committed, or writes it. PARTS= for some of them.
bench-check: $(VENV)/.tools
	@$(BIN)/python workloads/instructions.py check $(PARTS)
bench-baseline: $(VENV)/.tools
	@$(BIN)/python workloads/instructions.py baseline $(PARTS)

# Damaged input into whatever takes bytes: every target for some seconds, each from the seeds that
# the repository's own programs make. Needs a nightly toolchain and cargo-fuzz.
SECONDS ?= 60
FUZZ_TARGETS := compile ir_text ir_wire value_wire
fuzz:
	cargo run --quiet --manifest-path fuzz/Cargo.toml --example seeds
	cd fuzz && for target in $(FUZZ_TARGETS); do \
		cargo +nightly fuzz run --sanitizer none $$target -- -max_total_time=$(SECONDS) \
			-max_len=16384 -timeout=10 -dict=$$target.dict || exit 1; \
	done

# The targets build with a stable toolchain too.
check-fuzz:
	cargo clippy --quiet --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings

lint: build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/ruff format --check $(PYTHON_SOURCES)
	$(BIN)/ruff check $(PYTHON_SOURCES)
	$(BIN)/pyright --project pyproject.toml

format:
	cargo fmt --all
	$(BIN)/ruff format $(PYTHON_SOURCES)
	$(BIN)/ruff check --fix $(PYTHON_SOURCES)

clean:
	cargo clean
	rm -rf $(VENV)
