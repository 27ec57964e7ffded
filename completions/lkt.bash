# Completion for bash. The program offers the words; bash itself completes the names of files.
#
# Nothing here is evaluated or split: a file or a project may have any name, such as `a$(date)`.

_lkt() {
    local words=("${COMP_WORDS[@]}") candidate
    COMPREPLY=()
    # Up to the cursor. In bash 3.2, the second argument is not that.
    [[ ${BASH_VERSINFO[0]} -lt 4 ]] || words[COMP_CWORD]=$2
    while IFS= read -r candidate; do
        if [[ $candidate == '<file>' ]]; then
            # bash 3.2 has no compopt, and completes files wherever lkt offers nothing.
            compopt -o filenames -o default 2> /dev/null
        else
            [[ $candidate != *= ]] || compopt -o nospace 2> /dev/null
            COMPREPLY+=("$(printf %q "$candidate")")
        fi
    done < <(LKT_COMPLETE=bash LKT_COMPLETE_INDEX=$COMP_CWORD lkt -- "${words[@]}" 2> /dev/null)
}

if [[ ${BASH_VERSINFO[0]} -lt 4 ]]; then
    complete -o bashdefault -o default -F _lkt lkt
elif [[ ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -lt 4 ]]; then
    complete -o bashdefault -F _lkt lkt
else
    complete -o bashdefault -o nosort -F _lkt lkt
fi
