#!/usr/bin/env bash
# Bills one hour of language-model requests: ./run.sh [RANKS]
set -euo pipefail
# shellcheck disable=SC2034
example=azure-llm
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here/../lib.sh"
need_data azure_llm/AzureLLMInferenceTrace_code.csv
bill "$here/book.yaml" "$data/azure_llm/AzureLLMInferenceTrace_code.csv"
cat "$out/results/latest/lines.csv"
