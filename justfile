# The everyday tasks. `just` lists them; `./test` and `.ci/run` need only Rust and git.

_list:
    @just --list --unsorted

# Type checks, formatting and lints, as the CI runs them
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --workspace --all-targets --no-default-features -- -D warnings

# All Rust tests, or those whose names contain a word: `just test s24_`
test word='':
    cargo nextest run --workspace {{word}}

# The tests of one crate: `just crate store`
crate name word='':
    cargo nextest run -p baton-{{name}} {{word}}

# Everything, including the browser and the real agents
all:
    ./test

# New copies of the stored outputs in crates/*/tests/it/snapshots
golden:
    INSTA_UPDATE=always cargo nextest run --workspace golden

# One fuzz target for some seconds: `just fuzz stream_json 300`
fuzz target seconds='300':
    RUSTC_BOOTSTRAP=1 cargo fuzz run --dev {{target}} -- -max_total_time={{seconds}}

# One benchmark of one crate, built as it is handed out: `just bench store growth`
bench crate name:
    cargo bench --profile dist -p baton-{{crate}} --bench {{name}}

# The coverage of all Rust tests, as HTML in target/llvm-cov
coverage:
    cargo llvm-cov nextest --workspace --html
