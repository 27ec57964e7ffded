# shellcheck shell=bash
# Splits LKT_ARGUMENTS into the array `arguments`. Quotes work as in a shell; nothing is expanded, since
# the text may come from a pull request. To be sourced.

arguments=()
if [[ -n ${LKT_ARGUMENTS:-} ]]; then
    # xargs knows quotes and backslashes, and runs nothing but printf.
    split=$(mktemp)
    if ! xargs -r printf '%s\0' <<< "$LKT_ARGUMENTS" > "$split"; then
        rm -f "$split"
        echo "::error::the arguments cannot be split into words: is a quote missing?"
        exit 2
    fi
    while IFS= read -r -d '' word; do arguments+=("$word"); done < "$split"
    rm -f "$split"
fi
