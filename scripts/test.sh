#!/usr/bin/env bash
# All that CI demands: format, lints, direction of dependencies, documents, tests on both databases, and
# the conformance cases against running servers. `make test` makes sure first that what it needs is there.
#
# A failed step does not end the run, so that one run tells everything. Each step's output goes to
# target/logs/STEP.log, and is shown in part when the step failed. A step that hangs is ended, and what it
# was doing is shown. Ends with "N passed, N failed": tests and cases, and each failed step that has no
# failed test or case to show for it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One cold build per machine: what incremental builds save is not worth what they store.
export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never
readonly target=${CARGO_TARGET_DIR:-target}
readonly logs=$target/logs
# No step takes half as long, on a cold and busy machine either.
readonly step_minutes=${RENKEI_STEP_MINUTES:-45}
n_passed=0 n_failed=0 failed_steps=()

# step NAME COMMAND [ARGUMENT]...
step() {
    local name=$1 log=$logs/$1.log started=$SECONDS status=0 passed failed watching
    shift
    rm -f "$log.late"
    end_when_late "$log" &
    watching=$!
    "$@" >"$log" 2>&1 || status=$?
    [[ -e $log.late ]] || kill "$watching" 2>/dev/null || true
    wait "$watching" 2>/dev/null || true
    passed=$(sum passed "$log")
    failed=$(sum failed "$log")
    [[ $status == 0 || $failed != 0 ]] || failed=1
    n_passed=$((n_passed + passed))
    n_failed=$((n_failed + failed))
    printf '%-20s %4d s  %5d passed, %d failed\n' "$name" "$((SECONDS - started))" "$passed" "$failed"
    show_skipped "$log"
    [[ $status != 0 ]] || return 0
    failed_steps+=("$name")
    [[ ! -e $log.late ]] || cat "$log.late"
    show_failure "$log"
}

# Runs beside a step. When its time is over, writes what its processes were at to LOG.late, and ends them
# all: first so that they can tidy up, PostgreSQL among them, then for good.
end_when_late() {
    local log=$1 end=$((SECONDS + step_minutes * 60)) self=$BASHPID processes
    while ((SECONDS < end)); do
        sleep 1
        kill -0 $$ 2>/dev/null || exit 0
    done
    processes=$(processes_of_step "$self") || true
    show_late "$log" "$processes" >"$log.late" 2>/dev/null || true
    # Not quoted: a list. Some may be gone by now.
    kill -TERM $processes 2>/dev/null || true
    sleep 10
    # And what was started since then.
    kill -KILL $processes $(processes_of_step "$self") 2>/dev/null || true
}

# The ids of all processes below this script's, but for process $1 and those below it.
processes_of_step() {
    awk -v script=$$ -v but="$1" '
        /^Pid:/ { process = $2 }
        /^PPid:/ { parent[process] = $2 }
        END {
            for (process in parent) {
                above = process
                while (above != script && above != but && above in parent) above = parent[above]
                if (above == script && process != script) print process
            }
        }' /proc/[0-9]*/status 2>/dev/null | sort -n
}

# libtest tells which tests take long, but not which of them are running; a test is a thread, whose name is
# the first 15 bytes of the test's.
show_late() {
    local log=$1 process
    echo "not done after $step_minutes minutes. Tests that took long and did not end:"
    awk '/^test .* has been running for over/ { running[$2] = 1 }
        /^test .* \.\.\. / { delete running[$2] }
        END { for (test in running) print "    " test }' "$log"
    echo "Processes, and the threads of each:"
    for process in $2; do
        [[ -e /proc/$process/cmdline ]] || continue
        printf '    %s %s\n' "$process" "$(tr '\0' ' ' <"/proc/$process/cmdline" | cut -c 1-150)"
        sort "/proc/$process"/task/*/comm | uniq -c | sed 's/^/    /'
    done
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
    # A suite that needs an issuer of assertions is skipped as a whole.
    sed -E 's|^(skipped  [^/]+)/[^:]+: (no issuer .*)|\1/*: \2|' "$1" |
        grep -E '^skipped:? ' | sort | uniq -c | sed -E 's/^ *([0-9]+) skipped:? +/    skipped \1 x: /' || true
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
# The optional feature `s3`, against an S3 server; last, because it leaves programs built with the feature.
tests_s3() {
    cargo clippy --locked --package repository --features s3 --all-targets -- -D warnings || return
    cargo clippy --locked --package renkei --features s3 --all-targets -- -D warnings || return
    scripts/with-s3.sh cargo test --locked --package repository --features s3 --no-fail-fast \
        -- --show-output blobs bucket || return
    scripts/with-s3.sh cargo test --locked --package renkei --features s3 --test main --no-fail-fast \
        -- --show-output object_store
}
step tests-s3 tests_s3

printf '%d minutes %d seconds' "$((SECONDS / 60))" "$((SECONDS % 60))"
[[ ${#failed_steps[@]} == 0 ]] || printf '; failed: %s' "${failed_steps[*]}"
printf '\n%d passed, %d failed\n' "$n_passed" "$n_failed"
[[ ${#failed_steps[@]} == 0 && $n_failed == 0 ]]
