complete --keep-order --exclusive --command lkt --arguments "(LKT_COMPLETE=fish lkt -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
