# Completion for PowerShell. The program offers the words; PowerShell itself completes the names of files.
#
# Nothing here is evaluated: the words go to the program as they are written.

Register-ArgumentCompleter -Native -CommandName lkt -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    # An empty word is counted, but not passed: PowerShell 5.1 drops empty arguments.
    $index = if ($wordToComplete -eq '') { $words.Count } else { $words.Count - 1 }

    $before = $env:LKT_COMPLETE
    try {
        $env:LKT_COMPLETE = 'powershell'
        $env:LKT_COMPLETE_INDEX = "$index"
        $candidates = @(& lkt -- $words)
    } finally {
        $env:LKT_COMPLETE = $before
        Remove-Item Env:\LKT_COMPLETE_INDEX -ErrorAction SilentlyContinue
    }

    $candidates | Where-Object { $_ -and $_ -ne '<file>' } | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        $text = if ($value -match '[^\w./:=+-]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $help)
    }
}
