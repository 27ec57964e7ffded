# Installs lkt {{version}} for this user: downloads its archive, checks the SHA-256 that stands below,
# and puts the program into %LOCALAPPDATA%\Programs\lkt, or into LKT_INSTALL_DIR. Needs no administrator.
#
# LKT_URL is the folder to download from, or a folder on this machine, instead of {{url}}.
$ErrorActionPreference = 'Stop'

function Install-Lkt {
    $directory = if ($env:LKT_INSTALL_DIR) { $env:LKT_INSTALL_DIR } else { Join-Path $env:LOCALAPPDATA 'Programs\lkt' }
    $url = if ($env:LKT_URL) { $env:LKT_URL } else { '{{url}}' }
    $name = 'lkt-{{tag}}-x86_64-pc-windows-msvc'
    $sum = '{{sha256 x86_64-pc-windows-msvc}}'

    $scratch = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
    New-Item -ItemType Directory -Path $scratch | Out-Null
    try {
        $archive = Join-Path $scratch 'archive.zip'
        Write-Output "downloading $url/$name.zip"
        if (Test-Path $url) {
            Copy-Item (Join-Path $url "$name.zip") $archive
        } else {
            Invoke-WebRequest -UseBasicParsing -Uri "$url/$name.zip" -OutFile $archive
        }
        $actual = (Get-FileHash -Algorithm SHA256 $archive).Hash.ToLowerInvariant()
        if ($actual -ne $sum) {
            throw "the download is not what was released: its SHA-256 is $actual, not $sum"
        }
        Expand-Archive $archive $scratch
        New-Item -ItemType Directory -Force -Path $directory | Out-Null
        Copy-Item -Force (Join-Path $scratch "$name\lkt.exe") $directory
    } finally {
        Remove-Item -Recurse -Force $scratch
    }
    $program = Join-Path $directory 'lkt.exe'
    Write-Output "installed $(& $program --version) as $program"
    if (($env:PATH -split ';') -notcontains $directory) {
        Write-Output "note: ``$directory`` is not on your PATH"
    }
}

Install-Lkt
