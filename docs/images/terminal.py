"""Draws terminal.svg: what three commands print. LKT is the program, built from this clone."""

import os
import pathlib
import subprocess
import sys
from xml.sax.saxutils import escape

COLUMNS, LINE, CHARACTER, PAD = 96, 20, 8.4, 18
STYLE = """
  rect { fill: #161b22; stroke: #30363d } text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, monospace; fill: #c9d1d9; white-space: pre }
  .command { fill: #7ee787 }
"""
BODY = '{"room_name":"demo"}'


def shortened(line):
    return line if len(line) <= COLUMNS else line[: COLUMNS - 1] + "…"


def lines(lkt):
    mint = [lkt, "mint", "--dev", "--room", "demo", "--identity", "ada"]
    yield "$ lkt mint --dev --room demo --identity ada"
    yield subprocess.run(mint, capture_output=True, text=True, check=True).stdout.strip()
    yield ""
    yield "$ lkt serve --dev --fresh &"
    server = subprocess.Popen([lkt, "serve", "--dev", "--fresh"], stderr=subprocess.PIPE, text=True)
    try:
        # The last line that it prints before requests.
        while True:
            line = server.stderr.readline().rstrip()
            yield line
            if not line or "may set" in line:
                break
        yield ""
        yield f"$ curl localhost:3000/getToken -H 'Content-Type: application/json' -d '{BODY}'"
        curl = ["curl", "-s", "localhost:3000/getToken", "-H", "Content-Type: application/json", "-d", BODY]
        yield subprocess.run(curl, capture_output=True, text=True, check=True).stdout.strip()
    finally:
        server.terminate()
        server.wait()


def main():
    shown = [shortened(line) for line in lines(os.environ.get("LKT", "lkt"))]
    width, height = round(COLUMNS * CHARACTER + 2 * PAD), len(shown) * LINE + 2 * PAD
    rows = [
        f'<text class="{"command" if line.startswith("$") else "output"}" x="{PAD}" y="{PAD + 14 + row * LINE}">{escape(line)}</text>'
        for row, line in enumerate(shown)
        if line
    ]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="A terminal with lkt mint, lkt serve and curl"><style>{STYLE}</style>\n'
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>\n' + "\n".join(rows) + "\n</svg>\n"
    )
    pathlib.Path(__file__).with_name("terminal.svg").write_text(svg)


if __name__ == "__main__":
    sys.exit(main())
