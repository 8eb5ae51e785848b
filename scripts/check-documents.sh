#!/usr/bin/env bash
# Checks what the documents say about the code: relative links lead somewhere, and each `path/file.rs`
# and each item that is named as `path/file.rs::item` exists. Documents that the code has left mislead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

n_faults=0
fault() {
    echo "error: $1: $2"
    n_faults=$((n_faults + 1))
}

while IFS= read -r document; do
    while IFS= read -r link; do
        path=${link%%#*}
        [[ -z $path || -e $(dirname "$document")/$path ]] || fault "$document" "no file $path"
    done < <(grep -oP '\]\(\K(?!https?:)[^)]+' "$document" || true)

    while IFS= read -r reference; do
        file=${reference%%::*} name=${reference##*::}
        if [[ ! -e $file ]]; then
            fault "$document" "no file $file"
        elif [[ $name != "$reference" ]] &&
            ! grep -qE "\b(fn|struct|enum|const|static|type) $name\b" "$file"; then
            fault "$document" "no $name in $file"
        fi
    done < <(grep -oP '`\K(crates|registry|repository|audit-repository|conformance|benches|fuzz|scripts)/[\w./-]+\.(rs|sh|toml|sql|golden)(::\w+)?(?=`)' "$document" || true)
done < <(find . -name '*.md' -not -path './target/*' -printf '%P\n' | sort)

[[ $n_faults == 0 ]]
