#!/usr/bin/env bash
# Runs a command beside an S3 server of its own (moto), and ends with the command's exit code.
#
#   scripts/with-s3.sh COMMAND [ARGUMENT]...
#
# The server listens on a free port of loopback only, keeps everything in memory, and goes with the command;
# RENKEI_TEST_S3 tells the command its URL. It is installed once, into a Python environment below target/.
# The command must not read from the terminal.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly target=${CARGO_TARGET_DIR:-$here/../target}
readonly version=5.2.5
readonly environment=$target/moto-$version

# Made beside its place and moved there whole: what is there is complete. (The programs in it are not used: they
# name the folder that they were made in.)
install_server() {
    [[ ! -e $environment ]] || return 0
    local new=$environment.$$
    mkdir -p "$target"
    rm -rf -- "$new"
    python3 -m venv "$new" && "$new/bin/python" -m pip install --quiet --no-input \
        --disable-pip-version-check "moto[server]==$version" || {
        rm -rf -- "$new"
        echo "with-s3: the S3 server cannot be installed; scripts/setup.sh test looks for Python's venv" >&2
        exit 1
    }
    mv -T -- "$new" "$environment" 2>/dev/null || rm -rf -- "$new"
}

# Should this script be killed outright, the kernel tells the server to stop.
start_server() {
    folder=$(mktemp -d /tmp/renkei-s3.XXXXXXXX)
    (exec setpriv --pdeathsig TERM -- "$environment/bin/python" -c \
        'import sys; from moto.server import main; main(sys.argv[1:])' \
        -H 127.0.0.1 -p 0) >"$folder/log" 2>&1 &
    server=$!
}

# Prints the URL once the server listens; fails if it ended, or does not within a minute.
await_server() {
    local url _
    for _ in {1..600}; do
        kill -0 "$server" 2>/dev/null || return 1
        url=$(grep -m 1 -oE 'http://127\.0\.0\.1:[0-9]+' "$folder/log" || true)
        if [[ -n $url ]]; then
            echo "$url"
            return
        fi
        sleep 0.1
    done
    return 1
}

stop_server() {
    [[ -n $server ]] || return 0
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
}

# The command is a process group of its own: a signal must reach what it started, too.
stop_command() {
    [[ -n $command ]] || return 0
    kill -TERM -- "-$command" 2>/dev/null || true
    wait "$command" 2>/dev/null || true
    command=
}

clean_up() {
    trap '' INT TERM HUP
    stop_command
    stop_server
    [[ -z $folder ]] || rm -rf -- "$folder"
}

if [[ $# == 0 ]]; then
    echo "usage: scripts/with-s3.sh COMMAND [ARGUMENT]..." >&2
    exit 2
fi
folder= server= command=
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

install_server
start_server
if ! RENKEI_TEST_S3=$(await_server); then
    cat "$folder/log" >&2
    exit 1
fi
export RENKEI_TEST_S3

set -m
"$@" &
command=$!
set +m
status=0
wait "$command" || status=$?
command=
exit "$status"
