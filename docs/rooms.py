"""Draw the rooms of the house and the imports between them: `python docs/rooms.py` writes docs/rooms.svg.

The drawing is made from the import statements of all modules. A room stands above every room that it imports. Of the
arrows, those are drawn that do not follow from others (the transitive reduction): where commands imports dag and dag
imports files, no arrow from commands to files is needed to see that files is below.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import networkx as nx

ROOT = Path(__file__).parents[1]
#: From below. A room is a folder of genbench/; `genbench` itself is the modules beside them. Rooms of one layer may
#: import each other, but never in a circle.
LAYERS = (
    ("genbench",),
    ("files",),
    ("data",),
    ("networks", "adversarial"),
    ("engine", "metrics", "extractors", "human"),
    ("models",),
    ("pipeline",),
    ("report", "dag", "evaluation", "doctor"),
    ("commands", "api"),
    ("stages", "laboratory"),
)
OUTSIDE = ("stages", "laboratory")  # rooms that are not folders of genbench/
BOX, HEIGHT, GAP = 120, 32, 28  # pixels: width and height of a room, and between two of them
Node = str | tuple[str, str, int]  # a room, or the place of an arrow (from, to) in a row between
STYLE = """
text { font: 13px sans-serif; text-anchor: middle; fill: #1b1f24 }
rect { fill: #f6f8fa; stroke: #57606a } path { fill: none; stroke: #57606a } marker path { fill: #57606a; stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } rect { fill: #151b23; stroke: #9198a1 }
  path { stroke: #9198a1 } marker path { fill: #9198a1 }
}
"""


@dataclass(frozen=True)
class Arrow:
    """An import of one room by another. line: where the statement stands and what it imports."""

    source: str
    target: str
    line: str


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the dotted name and the file of every module of the rooms."""
    for folder in ("genbench", *OUTSIDE):
        for path in sorted((root / folder).rglob("*.py")):
            yield ".".join(path.relative_to(root).with_suffix("").parts), path


def room(module: str, root: Path) -> str:
    """Return the room of a module; "" for a module outside of the project."""
    top, *inner = module.split(".")
    if top != "genbench":
        return top if (root / top).is_dir() and top in OUTSIDE else ""
    return inner[0] if inner and (root / top / inner[0]).is_dir() else top


def imported(node: ast.AST) -> list[str]:
    """Return the modules that a statement imports; of `from a import b` a.b, which is in the room of a or its own."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, "imports are written out, from the top"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def arrows(root: Path) -> Iterator[Arrow]:
    """Yield all imports between rooms, those inside functions and those for types alone among them."""
    for name, path in modules(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for module in imported(node):
                source, target = room(name, root), room(module, root)
                if target and source != target:
                    line = f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}: {source} imports {module}"
                    yield Arrow(source, target, line)


def draw(root: Path) -> str:
    """Return the drawing as SVG."""
    graph = nx.DiGraph((arrow.source, arrow.target) for arrow in arrows(root))
    rows, paths = layout(graph)
    width = max(map(len, rows)) * (BOX + GAP)
    corner = {
        name: ((width - len(row) * (BOX + GAP) + GAP) / 2 + i * (BOX + GAP), 10 + j * (HEIGHT + GAP))
        for j, row in enumerate(rows)
        for i, name in enumerate(row)
    }
    height = len(rows) * (HEIGHT + GAP) - GAP + 20
    marker = '<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
            f"<title>Rooms of genbench, each above those that it imports: {graph.number_of_edges()} pairs</title>",
            f"<style>{STYLE}</style>",
            f'<defs>{marker}<path d="M0,0L8,4L0,8z"/></marker></defs>',
            *(_curve([corner[node] for node in path]) for path in paths),
            *(_box(name, *corner[name]) for name in sorted(graph)),
            "</svg>\n",
        ]
    )


def layout(graph: nx.DiGraph) -> tuple[list[list[Node]], list[list[Node]]]:
    """Return the rows of rooms from above, and of each arrow that is drawn the rooms and gaps that it goes through.

    An arrow over several rows gets a place of its own in those between, so that it crosses no room (Sugiyama et al.,
    "Methods for visual understanding of hierarchical system structures", 1981).
    """
    rows: list[list[Node]] = [sorted(row) for row in nx.topological_generations(graph)]
    at = {name: j for j, row in enumerate(rows) for name in row}
    paths: list[list[Node]] = []
    for source, target in sorted(nx.transitive_reduction(graph).edges):
        between: list[Node] = [(source, target, j) for j in range(at[source] + 1, at[target])]
        for gap, row in zip(between, rows[at[source] + 1 :], strict=False):
            row.append(gap)
        paths.append([source, *between, target])
    for above, row in pairwise(rows):  # each node below the mean of what points at it
        place = {node: i - (len(above) - 1) / 2 for i, node in enumerate(above)}
        over = {node: [place[a] for path in paths for a, b in pairwise(path) if b == node] for node in row}
        row.sort(key=lambda node: (fmean(over[node] or [0.0]), str(node)))
    return rows, paths


def _curve(corners: list[tuple[float, float]]) -> str:
    (x, y), *rest = [(x + BOX / 2, y) for x, y in corners]
    drawn = f"M{x:g},{y + HEIGHT:g}"
    for i, (u, v) in enumerate(rest):
        start, bend = y + HEIGHT, GAP / 2
        drawn += f"C{x:g},{start + bend:g} {u:g},{v - bend:g} {u:g},{v:g}"
        drawn += f"V{v + HEIGHT:g}" if i < len(rest) - 1 else ""
        x, y = u, v
    return f'<path d="{drawn}" marker-end="url(#head)"/>'


def _box(name: str, x: float, y: float) -> str:
    text = f'<text x="{x + BOX / 2:g}" y="{y + HEIGHT / 2 + 5:g}">{escape(name)}</text>'
    return f'<rect x="{x:g}" y="{y:g}" width="{BOX}" height="{HEIGHT}" rx="6"/>{text}'


if __name__ == "__main__":
    (ROOT / "docs/rooms.svg").write_text(draw(ROOT), encoding="utf-8")
    print("docs/rooms.svg")
