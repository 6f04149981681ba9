#!/bin/bash -eu
# Called by the image of ClusterFuzzLite or OSS-Fuzz, which sets SRC, OUT, SANITIZER and FUZZING_ENGINE: builds every target, and
# puts beside each its corpus and its dictionary. No target is named here: the manifest lists them.

cd "$SRC/cardwire"

# What the image's flags for C are meant for; Rust has its own.
export CARGO_PROFILE_RELEASE_DEBUG=line-tables-only

build=(--fuzz-dir fuzz/libfuzzer --release --debug-assertions)
case "${SANITIZER:-address}" in
    address | none) build+=(--sanitizer "${SANITIZER:-address}") ;;
    # `RUSTFLAGS` of the image instrument; a sanitizer would get in the way.
    coverage) build+=(--sanitizer none) ;;
    *)
        echo "targets are not built with the sanitizer $SANITIZER: there is no unsafe code of ours for it to watch" >&2
        exit 1
        ;;
esac
made=/tmp/fuzz-programs
cargo fuzz build "${build[@]}" --target-dir "$made"

# Seeds are made of the vectors by the library itself, built without the image's flags: they are for the targets.
inputs_of_library() {
    env -u RUSTFLAGS cargo run --release --package cardwire-fuzz --example inputs -- "$@"
}
inputs_of_library seeds /tmp/seeds

programs="$(dirname "$(find "$made" -path '*/release/any' -type f | head -n 1)")"
inputs_of_library names | while read -r target; do
    cp "$programs/$target" "$OUT/"
    inputs=()
    for folder in "fuzz/corpus/$target" "fuzz/regressions/$target" "/tmp/seeds/$target"; do
        [ -d "$folder" ] && inputs+=("$folder")
    done
    # Names of two folders may be the same; an archive keeps the paths.
    if [ -n "$(find "${inputs[@]}" -type f -print -quit)" ]; then
        (cd / && find "${inputs[@]/#fuzz/$SRC/cardwire/fuzz}" -type f | zip -q -@ "$OUT/${target}_seed_corpus.zip")
    fi
    if [ -f "fuzz/dictionaries/$target.dict" ]; then
        cp "fuzz/dictionaries/$target.dict" "$OUT/"
    fi
    printf '[libfuzzer]\ntimeout = 20\nrss_limit_mb = 2048\n' > "$OUT/$target.options"
done
