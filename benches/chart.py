"""Draws docs/images/requests.svg: requests per second over 32 connections, from the table in README.md."""

import pathlib
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).parent
MEASURE = "requests/s, 32 connections"
# The floor sends a fixed answer: it is not a server that anyone would run.
LEFT_OUT = {"floor"}
WIDTH, LABEL, ROW, PAD = 720, 160, 30, 14
# Readable on GitHub's light and on its dark ground.
STYLE = """
  text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #57606a }
  .name { text-anchor: end } .lkt { font-weight: 600 }
  rect { fill: #8c959f } rect.lkt { fill: #1f6feb }
  @media (prefers-color-scheme: dark) { text { fill: #b1bac4 } rect { fill: #6e7681 } rect.lkt { fill: #4493f8 } }
"""


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rates():
    """Requests per second by server, in the table's order."""
    lines = (HERE / "README.md").read_text().splitlines()
    names = next(cells(line) for line in lines if line.startswith("| measure |"))
    values = next(cells(line) for line in lines if line.startswith(f"| {MEASURE} |"))
    # A ratio in brackets may follow a number.
    numbers = {name: int(value.split()[0].replace(",", "")) for name, value in zip(names[1:], values[1:]) if value}
    return {name: number for name, number in numbers.items() if name not in LEFT_OUT}


def bar(row, name, rate, most):
    top = PAD + row * ROW
    width = (WIDTH - LABEL - 90) * rate / most
    kind = "lkt" if name == "lkt" else "other"
    return (
        f'<text class="name {kind}" x="{LABEL - 10}" y="{top + 16}">{escape(name)}</text>'
        f'<rect class="{kind}" x="{LABEL}" y="{top}" width="{width:.1f}" height="{ROW - 8}" rx="3"/>'
        f'<text class="{kind}" x="{LABEL + width + 8:.1f}" y="{top + 16}">{rate:,}</text>'
    )


def main():
    measured = rates()
    most = max(measured.values())
    bars = [bar(row, name, rate, most) for row, (name, rate) in enumerate(measured.items())]
    height = 2 * PAD + len(bars) * ROW
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" '
        f'aria-label="{MEASURE}"><style>{STYLE}</style>\n' + "\n".join(bars) + "\n</svg>\n"
    )
    (HERE / "../docs/images/requests.svg").write_text(svg)


if __name__ == "__main__":
    main()
