#!/usr/bin/env bash
# Starts a community in a temporary folder on free ports, runs conformance cases against it, stops it.
#
#   scripts/conformance.sh [--binaries DIR] [--transport mtls|plain] [--database URL] [--access open|required]
#                          [RUN-OPTION]...
#
# --binaries   folder of built binaries; without it they are built
# --transport  default mtls
# --database   a PostgreSQL URL; default is SQLite in the temporary folder
# --access     required: each request carries an assertion, and the node's certificate is known. Without it, access is
#              open, and where no case is named, with TLS on SQLite, a second community that requires access
#              is there for the cases xua/* and iti-19/*
# RUN-OPTION   anything that `renkei-conformance run` knows, for example --case 'iti-42/*'
#
# Afterwards the community's log is searched for the patients of the run: ids and names must not be in
# it. Requests, answers and the log stay in target/conformance/TRANSPORT-DATABASE/, or …-required/. The exit code is
# that of renkei-conformance, 1 when a case failed, 2 when there was no run; 3 for any other fault.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What is not there yet. A case that is left out is reported as skipped, so that nobody forgets it.
readonly excepted=(
    # Answers in ISO-2022-JP have characters that vendors added to JIS X 0208.
    iti-21/japan/vendor_characters
)
readonly target=${CARGO_TARGET_DIR:-target}

binaries= transport=mtls access= database=() run_options=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --binaries) binaries=$2 ;;
    --transport) transport=$2 ;;
    --access) access=$2 ;;
    --database) database=(--database "$2") ;;
    *)
        run_options=("$@")
        break
        ;;
    esac
    shift 2
done

if [[ -z $binaries ]]; then
    cargo build --locked --package renkei --package conformance
    binaries=$target/debug
fi
# Exceptions are for the whole suite; a case that is named is meant.
exceptions=() required_too=
if [[ " ${run_options[*]-} " != *" --case "* ]]; then
    for pattern in "${excepted[@]}"; do
        exceptions+=(--except "$pattern")
    done
    if [[ -z $access && $transport == mtls && ${#database[@]} == 0 ]]; then
        required_too=yes
    fi
fi

folder= community=
stop() {
    trap '' INT TERM HUP
    if [[ -n $community ]]; then
        kill -TERM "$community" 2>/dev/null || true
        wait "$community" 2>/dev/null || true
    fi
    [[ -z $folder ]] || rm -rf -- "$folder"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Sets a community up in $folder: two hospitals whose patients the PIX manager knows, each with the system that may feed
# them, and the run itself as the consumer that is told of changed cross-references.
set_up() {
    "$binaries/renkei" init "$folder/data" --domain first=2.25.3100,FIRST --domain second=2.25.3200,SECOND \
        >"$logs/init.out"
    sed -i -e 's/^namespace = "FIRST"$/&\nsources = ["HIS-1|SITE-1", "oid:2.25.3101"]/' \
        -e 's/^namespace = "SECOND"$/&\nsources = ["HIS-2|SITE-2", "oid:2.25.3201"]/' "$folder/data/affinity-domain.toml"
    # The documents come from a source of the member, and a physician may do what the runner does.
    sed -i -e 's/^source_ids = .*/source_ids = ["2.25.160683752187351437158404923107485912345", "2.25.160683752187351437158404923107485912346", "1.2.3.4.5.6.7"]/' \
        -e 's/^#repositories = .*/repositories = ["1.2.3.4.5.6"]/' \
        -e '/^name = "physician"$/,/^transactions = /s/^transactions = .*/transactions = ["ITI-18", "ITI-41", "ITI-42", "ITI-43", "ITI-44", "ITI-45", "ITI-47", "ITI-51"]/' \
        "$folder/data/affinity-domain.toml"
    # A port that nobody has.
    for _ in {1..20}; do
        consumer=127.0.0.1:$((RANDOM % 10000 + 20000))
        (: <"/dev/tcp/${consumer/:/\/}") 2>/dev/null || break
    done
    cat >>"$folder/data/pix-manager.toml" <<END

[[consumers]]
name = "conformance"
notify = "mllp://$consumer"
domains = ["first", "second"]
application = "CONFORMANCE"
facility = "CONSUMER"
END
}

# Starts the community of $folder, with this access.
start() {
    "$binaries/renkei" up --data "$folder/data" --port-base 0 --access "$1" --transport "$transport" \
        "${database[@]}" >"$logs/community.out" 2>"$logs/community.log" &
    community=$!
    # The file appears once every port answers.
    for _ in {1..600}; do
        [[ ! -e $folder/data/endpoints.json ]] || return 0
        kill -0 "$community" 2>/dev/null || break
        sleep 0.1
    done
    echo "conformance: the community did not start; $logs/community.log ends with:" >&2
    tail -n 20 "$logs/community.log" >&2
    exit 2
}

# What no endpoints file of ours says, because only a conformance run asks for it.
complete_endpoints() {
    local more='"consumer_mllp": "'$consumer'", "first_domain": "2.25.3100", "first_namespace": "FIRST", "first_application": "HIS-1", "first_facility": "SITE-1", "first_device": "2.25.3101", "second_domain": "2.25.3200", "second_namespace": "SECOND", "second_application": "HIS-2", "second_facility": "SITE-2", "second_device": "2.25.3201", "ca_key": "data/pki/development-ca-key.pem",'
    if [[ $1 == required ]]; then
        local issuer
        issuer=$(grep -A 1 '^\[\[assertion_issuers\]\]$' "$folder/data/affinity-domain.toml" | grep -oP '^uri = "\K[^"]+')
        more+=' "issuer": "'$issuer'", "issuer_key": "data/pki/development-issuer-key.pem", "issuer_cert": "data/pki/development-issuer.pem",'
    fi
    sed "1s|{|{ $more|" "$folder/data/endpoints.json" >"$folder/endpoints.json"
}

# Prints the ids of all patients in the requests, and the parts of all their names.
personal_data() {
    grep -rhaoP '[\w.-]{3,}(?=\^\^\^(&|&amp;)[\d.]+(&|&amp;)ISO)' --include='*-request.*' "$1" || true
    find "$1" -name '*-request.hl7' -exec cat {} + | tr '\r' '\n' |
        grep -aoP '^PID\|([^|]*\|){4}\K[^|]+' | tr '~^' '\n\n' | grep -aP '..' || true
    # Those who ask, by their assertions.
    grep -rhaoP '(<saml:NameID[^>]*>|subject-id"><saml:AttributeValue>)\K[^<]{6,}' --include='*-request.http' "$1" || true
    # In HL7 v3 both are elements and attributes.
    grep -rhaoP '<hl7:(family|given)>\K[^<]{2,}' --include='*-request.http' "$1" || true
    grep -rhaoP 'extension="\KC[0-9A-F]{12}' --include='*-request.http' "$1" || true
}

# Runs cases against a community of its own, in the folder $logs.
judge() {
    local access=$1 run=0 stopped=0 n_lines
    shift
    rm -rf -- "$logs"
    mkdir -p "$logs"
    folder=$(mktemp -d "${TMPDIR:-/tmp}/renkei-conformance.XXXXXXXX")
    set_up
    start "$access"
    complete_endpoints "$access"
    "$binaries/renkei-conformance" run --endpoints "$folder/endpoints.json" \
        --evidence "$logs/evidence" --json "$logs/report.json" "$@" || run=$?
    # A stop that hangs or fails is a fault, too.
    kill -TERM "$community"
    wait "$community" || stopped=$?
    community=
    if [[ $stopped != 0 ]]; then
        echo "conformance: the community ended with exit code $stopped; see $logs/community.log" >&2
        [[ $run != 0 ]] || run=3
    fi
    personal_data "$logs/evidence" | sort -u >"$folder/personal-data"
    if n_lines=$(grep -cFf "$folder/personal-data" "$logs/community.log"); then
        echo "conformance: $n_lines lines of $logs/community.log hold ids or names of persons" >&2
        [[ $run != 0 ]] || run=3
    fi
    rm -rf -- "$folder"
    folder=
    [[ $status != 0 ]] || status=$run
}

status=0
readonly place=$target/conformance/$transport-$([[ ${#database[@]} == 0 ]] && echo sqlite || echo postgres)
logs=$place
[[ $access != required ]] || logs=$place-required
judge "${access:-open}" "${run_options[@]}" "${exceptions[@]}"
if [[ -n $required_too ]]; then
    logs=$place-required
    judge required --case 'xua/*' --case 'iti-19/*'
fi
exit "$status"
