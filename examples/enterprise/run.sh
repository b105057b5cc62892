#!/usr/bin/env bash
# Bills two enterprise contracts by the quarter: ./run.sh [RANKS]
set -euo pipefail
# shellcheck disable=SC2034
example=enterprise
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here/../lib.sh"
bill "$here/book.yaml" "$here/usage.csv"
cat "$out/results/latest/invoices.csv"
