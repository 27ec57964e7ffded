"""Writes what points at the archives of a release: install.sh, install.ps1, and the manifests of
Homebrew, scoop and winget, from the templates beside this file.

manifests.py VERSION URL SHA256SUMS DIRECTORY: URL is the folder of the archives, SHA256SUMS what
`sha256sum` printed of them. In a template, `{{version}}`, `{{tag}}`, `{{url}}` and `{{homepage}}` are
replaced, and `{{sha256 TARGET}}` by the checksum of that target's archive. A checksum that is missing
is an error.
"""

import re
import sys
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"


def checksums(text, version):
    """The checksum of each target."""
    found = {}
    for line in text.splitlines():
        digest, _, name = line.partition(" ")
        archive = re.fullmatch(rf"\*?lkt-v{re.escape(version)}-(.+?)\.(tar\.gz|zip)", name.strip())
        if archive:
            if not re.fullmatch("[0-9a-f]{64}", digest):
                raise SystemExit(f"error: `{digest}` is no SHA-256, for {name.strip()}")
            found[archive[1]] = digest
    return found


def filled_in(template, values, sums):
    def value(match):
        word, _, target = match[1].partition(" ")
        if word == "sha256":
            if target not in sums:
                raise SystemExit(f"error: SHA256SUMS has no archive of {target}")
            return sums[target]
        if word not in values:
            raise SystemExit(f"error: a template asks for `{match[1]}`, which is unknown")
        return values[word]

    return re.sub(r"\{\{(.+?)\}\}", value, template)


def main(version, url, sums, directory):
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"error: `{version}` is no version, such as 1.2.3")
    values = {
        "version": version,
        "tag": f"v{version}",
        "url": url.rstrip("/"),
        "homepage": url.split("/releases/")[0],
    }
    sums = checksums(Path(sums).read_text(), version)
    for template in sorted(TEMPLATES.iterdir()):
        path = Path(directory) / template.name
        path.write_text(filled_in(template.read_text(), values, sums))
        if template.name == "install.sh":
            path.chmod(0o755)
        print(path)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
