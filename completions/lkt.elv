
set edit:completion:arg-completer[lkt] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) LKT_COMPLETE="elvish" lkt -- $@words) | to-lines
}

