#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own, and ends with the command's exit code.
#
#   scripts/with-postgres.sh COMMAND [ARGUMENT]...
#   scripts/with-postgres.sh --find        prints the folder of PostgreSQL's programs
#
# The server listens on a free port of loopback only, lives in a temporary folder, and goes with the
# command; RENKEI_TEST_POSTGRES tells the command its URL. PostgreSQL refuses to run as root: then it
# runs as user postgres, or nobody. The command must not read from the terminal.
set -euo pipefail

# Debian keeps the server's programs out of the PATH; the newest version wins.
find_programs() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
        if [[ -x $folder/initdb && -x $folder/postgres ]]; then
            echo "$folder"
            return
        fi
    done
    command -v initdb >/dev/null && command -v postgres >/dev/null || return 1
    dirname "$(command -v initdb)"
}

# As the user that the server runs as; replaces the process, so that its id is the server's.
# Should this script be killed outright, the kernel tells the server to stop (SIGINT: fast).
as_server_user() {
    local identity=()
    if [[ $(id -u) == 0 ]]; then
        identity=(--reuid "$user" --regid "$(id -g "$user")" --clear-groups --reset-env)
    fi
    exec setpriv "${identity[@]}" --pdeathsig INT -- "$@"
}

create_cluster() {
    folder=$(mktemp -d /tmp/renkei-postgres.XXXXXXXX)
    password=$(tr -dc 'a-z0-9' </dev/urandom | head -c 24 || true)
    printf '%s\n' "$password" >"$folder/password"
    [[ $(id -u) != 0 ]] || chown -R "$user": "$folder"
    (as_server_user "$programs/initdb" --pgdata "$folder/data" --username renkei \
        --pwfile "$folder/password" --auth scram-sha-256 --encoding UTF8 --locale C \
        --no-sync) >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
}

# True once our server (and not another one on the same port) accepts connections; false if it ended,
# or is not ready within a minute.
await_server() {
    local _
    for _ in {1..600}; do
        kill -0 "$server" 2>/dev/null || return 1
        # Line 8 of the lock file is the state of the server.
        ! grep -qs '^ready' "$folder/data/postmaster.pid" || return 0
        sleep 0.1
    done
    return 1
}

# PostgreSQL cannot ask the system for a free port, so ports below the ephemeral range are tried.
start_server() {
    local _
    for _ in {1..20}; do
        port=$((RANDOM % 10000 + 20000))
        (as_server_user "$programs/postgres" -D "$folder/data" -p "$port" \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
            -c max_connections=200) >>"$folder/server.log" 2>&1 &
        server=$!
        await_server && return
        stop_server
    done
    cat "$folder/server.log" >&2
    exit 1
}

stop_server() {
    [[ -n $server ]] || return 0
    kill -INT "$server" 2>/dev/null || true
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

if ! programs=$(find_programs); then
    echo "with-postgres: no PostgreSQL server here; scripts/setup.sh test installs one" >&2
    exit 1
fi
case ${1-} in
'')
    echo "usage: scripts/with-postgres.sh COMMAND [ARGUMENT]..." >&2
    exit 2
    ;;
--find)
    echo "$programs"
    exit
    ;;
esac

user=$(id -un)
if [[ $user == root ]]; then
    user=nobody
    ! id -u postgres >/dev/null 2>&1 || user=postgres
fi
folder= server= command=
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

create_cluster
start_server
export RENKEI_TEST_POSTGRES="postgres://renkei:$password@127.0.0.1:$port/postgres"

set -m
"$@" &
command=$!
set +m
status=0
wait "$command" || status=$?
command=
exit "$status"
