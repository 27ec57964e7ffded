# shellcheck shell=bash
# Splits LKT_ARGUMENTS into the array `arguments`. Quotes work as in a shell; nothing is expanded, since
# the text may come from a pull request. The key comes from the environment, so `--no-env-file` is added
# unless the arguments name an env file. To be sourced.
#
# macOS has bash 3.2, where `"${empty[@]}"` is an error under `set -u`. Afterwards the array is never empty.

arguments=()
env_file=(--no-env-file)
if [[ ${LKT_ARGUMENTS:-} == *[![:space:]]* ]]; then
    # xargs knows quotes and backslashes, and runs nothing but printf.
    split=$(mktemp)
    if ! xargs printf '%s\0' <<< "$LKT_ARGUMENTS" > "$split"; then
        rm -f "$split"
        echo "::error::the arguments cannot be split into words: is a quote missing?"
        exit 2
    fi
    while IFS= read -r -d '' word; do
        arguments+=("$word")
        # The option itself: a value that only contains its name does not count.
        case $word in --env-file | --env-file=* | --no-env-file) env_file=() ;; esac
    done < "$split"
    rm -f "$split"
fi
[[ ${#env_file[@]} -eq 0 ]] || arguments+=("${env_file[@]}")
