#!/usr/bin/env bash
# Mints a token into the output `token` of a GitHub step. LKT names the program, LKT_ARGUMENTS holds
# the options of `lkt mint`, and the key comes from the environment as ever.
set -euo pipefail
# shellcheck source=action/arguments.sh
. "$(dirname "$0")/arguments.sh"

# `-o token` last: an output has one line, whatever the arguments say.
token=$("${LKT:-lkt}" mint --no-env-file "${arguments[@]}" -o token)
if [[ $token != *.*.* || $token == *[[:space:]]* ]]; then
    echo "::error::lkt printed no single token"
    exit 1
fi
# Masked before it stands anywhere else.
echo "::add-mask::$token"
echo "token=$token" >> "$GITHUB_OUTPUT"
