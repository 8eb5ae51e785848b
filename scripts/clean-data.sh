#!/usr/bin/env bash
# Removes a data folder, unless a process still serves it.
#
#   scripts/clean-data.sh [DIR]        default: renkei-data
set -euo pipefail

readonly data=${1-renkei-data}

[[ -e $data ]] || exit 0
# Only a folder that `renkei init` made; a mistyped path must not cost anybody their files.
if [[ ! -e $data/affinity-domain.toml ]]; then
    echo "clean-data: $data is not a data folder of renkei" >&2
    exit 1
fi
for lock in "$data"/*.lock; do
    if [[ -e $lock ]] && ! flock --nonblock "$lock" true; then
        echo "clean-data: $data is in use; stop the community first" >&2
        exit 1
    fi
done
rm -rf -- "$data"
