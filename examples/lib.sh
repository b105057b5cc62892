# shellcheck shell=bash disable=SC2034,SC2154
# Shared by the examples: where things are, and how rerate is started. Sourced by each run.sh after
# `example` is set.
#
#   RERATE       the program             (default: build/release/rerate)
#   RERATE_DATA  the folder of records   (default: ../shared/data beside this repository)
#   OUT          the workspace           (default: build/examples/NAME)
#   first argument: how many ranks       (default: 1, without mpirun)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rerate=${RERATE:-$root/build/release/rerate}
data=${RERATE_DATA:-$root/../shared/data}
out=${OUT:-$root/build/examples/$example}
ranks=${1:-1}

if [ ! -x "$rerate" ]; then
    echo "$rerate: not there; build it with ./dev build, or name it in RERATE" >&2
    exit 1
fi

# need_data FILE: ends the example with 77 (skipped) where the records are missing.
need_data() {
    if [ ! -r "$data/$1" ]; then
        echo "SKIPPED: $data/$1 is not there; name the folder of records in RERATE_DATA" >&2
        exit 77
    fi
}

bill() { # BOOK USAGE...
    local start=()
    if [ "$ranks" -gt 1 ]; then
        start=(mpirun --oversubscribe -n "$ranks")
        [ "$(id -u)" -ne 0 ] || start+=(--allow-run-as-root)
    fi
    "${start[@]}" "$rerate" run -w "$out" --fresh "$@" </dev/null
}
