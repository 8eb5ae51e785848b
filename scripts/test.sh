#!/usr/bin/env bash
# All that CI demands: format, lints, direction of dependencies, documents, tests on both databases, and
# the conformance cases against running servers. `make test` makes sure first that what it needs is there.
#
# A failed step does not end the run, so that one run tells everything. Each step's output goes to
# target/logs/STEP.log, and is shown in part when the step failed. Ends with "N passed, N failed":
# tests and cases, and each failed step that has no failed test or case to show for it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One cold build per machine: what incremental builds save is not worth what they store.
export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never
readonly target=${CARGO_TARGET_DIR:-target}
readonly logs=$target/logs
n_passed=0 n_failed=0 failed_steps=()

# step NAME COMMAND [ARGUMENT]...
step() {
    local name=$1 log=$logs/$1.log started=$SECONDS status=0 passed failed
    shift
    "$@" >"$log" 2>&1 || status=$?
    passed=$(sum passed "$log")
    failed=$(sum failed "$log")
    [[ $status == 0 || $failed != 0 ]] || failed=1
    n_passed=$((n_passed + passed))
    n_failed=$((n_failed + failed))
    printf '%-20s %4d s  %5d passed, %d failed\n' "$name" "$((SECONDS - started))" "$passed" "$failed"
    show_skipped "$log"
    [[ $status != 0 ]] || return 0
    failed_steps+=("$name")
    show_failure "$log"
}

# The numbers before "passed" or "failed" in cargo's result lines and in the conformance summary.
sum() {
    awk -v word="$1" '
        /^test result: / || /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
            gsub(/[;,]/, "")
            for (place = 2; place <= NF; place++) if ($place == word) sum += $(place - 1)
        }
        END { print sum + 0 }' "$2"
}

# Tests and cases that had to skip something say so; a silent skip would look like a pass.
show_skipped() {
    grep -E '^skipped:? ' "$1" | sort | uniq -c | sed -E 's/^ *([0-9]+) skipped:? +/    skipped \1 x: /' || true
}

# What tests said before they failed, or else the errors of compiler and formatter.
show_failure() {
    echo "--- from $1"
    awk '/^failures:$/ { shown = 1 } shown; /^test result: FAILED/ { shown = 0 }' "$1" | head -n 200 || true
    grep -E -A 8 '^(error(\[|:)|Diff in |fail  )' "$1" | head -n 100 || true
    echo "--- the end of $1"
    tail -n 20 "$1"
    echo "---"
}

mkdir -p "$logs"
step format cargo fmt --all --check
step arrows cargo run --locked --quiet --package xtask -- arrows
step documents scripts/check-documents.sh
step clippy cargo clippy --locked --workspace --all-targets -- -D warnings
step tests scripts/with-postgres.sh \
    cargo test --locked --workspace --no-fail-fast -- --show-output
# The binaries are those that the tests were run with.
conformance() {
    scripts/conformance.sh --binaries "$target/debug" "$@"
}
on_postgres() {
    scripts/with-postgres.sh bash -c \
        'exec scripts/conformance.sh --binaries "$1" --database "$RENKEI_TEST_POSTGRES"' - \
        "$target/debug"
}
step conformance-mtls conformance
step conformance-plain conformance --transport plain
step conformance-postgres on_postgres

printf '%d minutes %d seconds' "$((SECONDS / 60))" "$((SECONDS % 60))"
[[ ${#failed_steps[@]} == 0 ]] || printf '; failed: %s' "${failed_steps[*]}"
printf '\n%d passed, %d failed\n' "$n_passed" "$n_failed"
[[ ${#failed_steps[@]} == 0 && $n_failed == 0 ]]
