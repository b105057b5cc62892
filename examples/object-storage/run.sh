#!/usr/bin/env bash
# Bills what is kept and what is done with it: ./run.sh [RANKS]
set -euo pipefail
# shellcheck disable=SC2034
example=object-storage
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here/../lib.sh"
bill "$here/book.yaml" "$here/usage.csv"
cat "$out/results/latest/invoices.csv"
