# The same recipes on a laptop and in CI. `just` lists them.

_list:
    @just --list --unsorted

# Start portal, database, storage, runner and sample apps on loopback.
run *arguments:
    cargo run --release -- {{arguments}}

# Set up what the tests need, and run them all.
test *arguments:
    tests/run {{arguments}}

# Everything that must hold before a change goes in.
ci:
    .ci/run

# Format the code.
fmt:
    cargo fmt --all

# Look for what compiles but should be written differently.
lint:
    cargo fmt --all --check
    cargo clippy --release --workspace --all-targets -- -D warnings

# Check licences, bans, sources and known vulnerabilities of the dependencies.
deny:
    .ci/deny

# Rebuild the standard glue and hold it against the committed components.
glue:
    .ci/glue

# Test the kits for Rust, JavaScript and Python on this machine, and rebuild the apps that the tests run.
kits:
    .ci/kits
    shared/sdk/tests/build

# Measure the example app in the three languages: the table of docs/glue.md.
measure-kits:
    cargo build --release --workspace --all-targets
    shared/sdk/measure

# Fuzz everything that strangers hand in, each target for so many seconds.
fuzz seconds="600" *targets:
    fuzz/run-all {{seconds}} {{targets}}

# Print where the time of a run goes: bare model, runner, portal.
bench data="../shared":
    VISION_TEST_DATA="$(realpath {{data}})" cargo bench --workspace --bench whole_run

# Where each tenth of a millisecond of a run goes.
profile data="../shared":
    cargo build --release --workspace --all-targets
    VISION_TEST_DATA="$(realpath {{data}})" benches/with-onnxruntime cargo bench --workspace --bench profile

# Compare the runners with bare engines and with other servers of models: tables and a chart below target/compare/.
compare data="../shared" *models:
    benches/peers/setup
    cargo build --release --workspace --all-targets
    VISION_TEST_DATA="$(realpath {{data}})" benches/with-onnxruntime cargo bench --workspace --bench compare -- {{models}}

# Load a runner for half an hour while its workers are killed at random.
soak data="../shared" minutes="30":
    cargo build --release --workspace --all-targets
    VISION_TEST_DATA="$(realpath {{data}})" cargo bench --workspace --bench soak -- {{minutes}}

# Fill target/large, or the database that DATABASE_URL names, with 10,000 apps and 1,000,000 runs.
seed-large folder="target/large":
    cargo bench --workspace --bench large -- seed "$(realpath -m {{folder}})"

# Ask a portal on it for every page: p50 and p95 in milliseconds.
measure-large folder="target/large":
    cargo bench --workspace --bench large -- measure "$(realpath -m {{folder}})"

# Train the sample apps' models anew (about two hours; sample-apps/training/README.md names the fonts it needs).
train:
    python3 -m venv target/training
    target/training/bin/python -m pip install --quiet -r sample-apps/training/requirements.txt
    target/training/bin/python sample-apps/training/digits.py
    target/training/bin/python sample-apps/training/shapes.py
    target/training/bin/python sample-apps/training/stylizer.py
    target/training/bin/python sample-apps/training/letters.py
    target/training/bin/python sample-apps/training/text_reader.py

# Walk a newcomer's path, from a model to an app that answers on a portal, and print what each step takes.
stranger data="../shared":
    cargo build --release --workspace --all-targets
    VISION_TEST_DATA="$(realpath {{data}})" cargo test --release --workspace --test end_to_end -- strangers_path

# Draw the icons of an installed marketplace from static/icon.svg.
icons:
    tests/icons

# Take the pictures of the documents from the browser tests.
screenshots:
    VISION_UPDATE_SCREENSHOTS=1 tests/run --test end_to_end documents
