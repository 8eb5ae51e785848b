#!/usr/bin/env bash
# Installs what building (`build`) or testing (`test`) needs beside the Rust toolchain.
#
# Looks for the things themselves, not for packages, so that they may come from anywhere. Only if
# something is missing does it ask apt for it, as root or through sudo. Silent when all is there.
set -euo pipefail

readonly usage="usage: scripts/setup.sh [build|test]"

# Prints the Debian packages whose content is missing for a build.
missing_for_build() {
    command -v cc >/dev/null && command -v make >/dev/null || echo build-essential
    if ! command -v pkg-config >/dev/null; then
        # Without it the libraries cannot be looked for; apt leaves alone what is there.
        echo pkg-config libssl-dev libpq-dev
    else
        pkg-config --exists openssl || echo libssl-dev
        pkg-config --exists libpq || echo libpq-dev
    fi
    command -v git >/dev/null || echo git
    [[ -e /etc/ssl/certs/ca-certificates.crt || -e /etc/ssl/cert.pem ]] || echo ca-certificates
}

# Prints the Debian packages whose content is missing for the tests.
missing_for_test() {
    missing_for_build
    "$here/with-postgres.sh" --find >/dev/null || echo postgresql
    command -v xmllint >/dev/null || echo libxml2-utils
    command -v xmlsec1 >/dev/null || echo xmlsec1
    command -v openssl >/dev/null || echo openssl
    # The S3 server of the tests is a Python program in an environment of its own.
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        echo "setup: neither root nor sudo; as root, run: apt-get install ${packages[*]}" >&2
        exit 1
    fi
}

install() {
    if ! command -v apt-get >/dev/null; then
        echo "setup: no apt here; install what Debian calls: ${packages[*]}" >&2
        exit 1
    fi
    echo "setup: installing ${packages[*]}" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${packages[@]}" >&2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case ${1-build} in
build | test) purpose=${1-build} ;;
*)
    echo "$usage" >&2
    exit 2
    ;;
esac

if ! command -v cargo >/dev/null; then
    echo "setup: cargo is missing; install Rust with rustup (rust-toolchain.toml says which)" >&2
    exit 1
fi

mapfile -t packages < <("missing_for_$purpose" | tr ' ' '\n')
if [[ ${#packages[@]} == 0 ]]; then
    exit 0
fi
install

mapfile -t packages < <("missing_for_$purpose" | tr ' ' '\n')
if [[ ${#packages[@]} != 0 ]]; then
    echo "setup: still missing after installation: ${packages[*]}" >&2
    exit 1
fi
