#!/usr/bin/env bash
# Mints a token into the output `token` of a GitHub step. LKT names the program, LKT_ROOM and
# LKT_IDENTITY hold one value each, and LKT_ARGUMENTS more options of `lkt mint`. The key comes from
# the environment.
set -euo pipefail
# shellcheck source=action/arguments.sh
. "$(dirname "$0")/arguments.sh"

# With `=`, a value that begins with a hyphen is no option.
[[ -z ${LKT_ROOM:-} ]] || arguments+=("--room=$LKT_ROOM")
[[ -z ${LKT_IDENTITY:-} ]] || arguments+=("--identity=$LKT_IDENTITY")

# An output of a step is a single line; lkt refuses another `-o`.
token=$("${LKT:-lkt}" mint "${arguments[@]}" -o token)
if [[ $token != *.*.* || $token == *[[:space:]]* ]]; then
    echo "::error::lkt printed no single token"
    exit 1
fi
# Masked before it is written anywhere else.
echo "::add-mask::$token"
echo "token=$token" >> "$GITHUB_OUTPUT"
