#!/bin/sh
# Builds the standard glue from components/ into dist/, or into the folder given.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$here/dist}"
into=$(cd "${1:-$here/dist}" && pwd)
target=wasm32-unknown-unknown

has_debian() { [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -x /usr/bin/wasm-ld-19 ] && [ -d /usr/lib/rustlib/src/rust/library ]; }
has_rustup() { command -v rustup >/dev/null && rustup target list --installed 2>/dev/null | grep -qx "$target"; }

if ! has_debian && ! has_rustup; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update
        apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src lld-19
    else
        rustup target add "$target"
    fi
fi

# No path of this machine gets into the components.
separator=$(printf '\037')
flags="--remap-path-prefix=$here=glue"
flags="$flags$separator--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"

cd "$here/components"
if has_debian; then
    # Debian has the compiler and the standard library's source, but no library built for this target.
    # A panic has nowhere to write to, so its message is left away.
    PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTUP_TOOLCHAIN= \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 \
    CARGO_ENCODED_RUSTFLAGS="$flags$separator-Zunstable-options$separator-Cpanic=immediate-abort" \
        /usr/bin/cargo build --release --locked -Zbuild-std=std,panic_abort \
        -Zbuild-std-features=optimize_for_size --target "$target"
else
    CARGO_ENCODED_RUSTFLAGS="$flags" cargo build --release --locked --target "$target"
fi

# All at once, and beside dist/: the tool that wraps them is built from this crate.
built="$here/components/target/components"
mkdir -p "$built"
set --
for component in */Cargo.toml; do
    component=${component%/Cargo.toml}
    [ "$component" != common ] || continue
    library=vision_glue_$(printf %s "$component" | tr - _)
    set -- "$@" "$here/components/target/$target/release/$library.wasm" "$built/$component.wasm"
done
(cd "$here/../.." && cargo run --quiet --release -p vision-glue --example componentize -- "$@")
cp "$built"/*.wasm "$into/"
wc -c "$into"/*.wasm
