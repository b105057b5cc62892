#!/usr/bin/env bash
# Bills ports by the 95th percentile of a month of samples: ./run.sh [RANKS]
set -euo pipefail
# shellcheck disable=SC2034
example=bandwidth
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here/../lib.sh"
mkdir -p "$out"
"$here/samples.sh" >"$out/samples.csv"
rerate=$(realpath "$rerate")
cd "$out" # a result names its inputs as they were given: the same bytes wherever the workspace is
out=.
bill "$here/book.yaml" samples.csv
cat results/latest/invoices.csv
