#!/usr/bin/env bash
# Starts `lkt serve` in the background, waits until it listens, and puts its URL into the output
# `endpoint` and its process into `pid`. It runs on after this step and ends with the job.
set -euo pipefail
# shellcheck source=action/arguments.sh
. "$(dirname "$0")/arguments.sh"

patience=30 # seconds
log=$(mktemp "${RUNNER_TEMP:-/tmp}/lkt-serve.XXXXXX")

# Detached from the step's output: the step would otherwise wait for lkt to end.
nohup "${LKT:-lkt}" serve --log-format text "${arguments[@]}" \
    < /dev/null > /dev/null 2> "$log" &
process=$!

for ((round = 0; round < patience * 10; round++)); do
    endpoint=$(sed -n 's/^listening at \([^ ]*\).*/\1/p' "$log" | head -n 1)
    if [[ -n $endpoint ]]; then
        { echo "endpoint=$endpoint"; echo "pid=$process"; } >> "$GITHUB_OUTPUT"
        cat "$log"
        exit 0
    fi
    kill -0 "$process" 2> /dev/null || break
    sleep 0.1
done

echo "::error::lkt serve does not listen"
cat "$log"
kill "$process" 2> /dev/null || true
exit 1
