#!/usr/bin/env bash
# Passes a cloud bill on to its sub accounts: ./run.sh [RANKS]
set -euo pipefail
# shellcheck disable=SC2034
example=focus
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here/../lib.sh"
need_data focus/focus_1.0_sample.csv
bill "$here/book.yaml" "$data/focus/focus_1.0_sample.csv"
sed -n '/"meters"/,/^ *\]/p' "$out/results/latest/reconciliation.json"
