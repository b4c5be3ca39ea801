"""The rooms of the package: imports go down the layers, and never in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.clone import ROOT

#: From below. A room is a folder of genbench/; `genbench` itself is the modules beside them. What stands in one layer
#: may import of each other, but for circles.
LAYERS = (
    ("genbench",),
    ("files",),
    ("data",),
    ("networks", "adversarial"),
    ("models", "engine", "metrics", "extractors"),
    ("pipeline",),
    ("report", "dag", "evaluation", "doctor"),
    ("commands",),
    ("stages", "laboratory"),
)
LAYER = {room: layer for layer, rooms in enumerate(LAYERS) for room in rooms}
FLAT = 8  # modules beside the rooms


@dataclass(frozen=True)
class Arrow:
    """An import of one room by another, and where it stands."""

    source: str
    target: str
    line: str


def room(module: str, root: Path) -> str:
    """The room of a module; "" outside of the project."""
    top, *inner = module.split(".")
    if top != "genbench":
        return top if (root / top).is_dir() and top in ("stages", "laboratory") else ""
    return inner[0] if inner and (root / top / inner[0]).is_dir() else top


def arrows(root: Path) -> Iterator[Arrow]:
    """All imports between rooms, those in functions and those for types alone among them."""
    for folder in ("genbench", "stages", "laboratory"):
        for path in sorted((root / folder).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for module in imported(node):
                    source, target = room(name, root), room(module, root)
                    if target and source != target:
                        line = f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}: {source} imports {module}"
                        yield Arrow(source, target, line)


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports; of `from a import b` a.b, which is in the room of a or its own."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, "imports are written out, from the top"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def upward(root: Path) -> list[str]:
    """The imports of a room in a layer above."""
    return [arrow.line for arrow in arrows(root) if LAYER[arrow.source] < LAYER[arrow.target]]


def circle(root: Path) -> list[str]:
    """The imports that a circle of rooms is made of; none where there is no circle."""
    found = list(arrows(root))
    graph: dict[str, set[str]] = {}
    for arrow in found:
        graph.setdefault(arrow.source, set()).add(arrow.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        rooms = error.args[1]
        steps = set(zip(rooms[1:], rooms, strict=False))  # graphlib names them from the imported on
        return [arrow.line for arrow in found if (arrow.source, arrow.target) in steps]
    return []


def test_every_room_has_its_layer() -> None:
    rooms = {path.parent.name for path in (ROOT / "genbench").glob("*/__init__.py")}
    assert rooms | {"genbench", "stages", "laboratory"} == LAYER.keys()


def test_no_import_goes_up() -> None:
    assert upward(ROOT) == []


def test_no_circle_of_rooms() -> None:
    assert circle(ROOT) == []


def test_few_modules_stand_beside_the_rooms() -> None:
    assert len([path for path in (ROOT / "genbench").glob("*.py") if path.stem != "__init__"]) <= FLAT


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house of two rooms of one layer, and one above them."""
    for name, text in {
        "models/__init__": "from genbench.engine import loop\n",
        "engine/loop": "from __future__ import annotations\n",
        "commands/table": "import genbench.models.vae\n",
        "errors": "",
    }.items():
        path = tmp_path / "genbench" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_sound_house_is_sound(house: Path) -> None:
    assert upward(house) == circle(house) == []


def test_an_arrow_up_is_seen_where_it_stands(house: Path) -> None:
    (house / "genbench/errors.py").write_text("def late():\n    from genbench import models\n", encoding="utf-8")
    assert upward(house) == ["genbench/errors.py:2: genbench imports genbench.models"]


def test_a_circle_is_seen_where_it_stands(house: Path) -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from genbench.models import vae\n"
    (house / "genbench/engine/loop.py").write_text(text, encoding="utf-8")
    assert circle(house) == [
        "genbench/engine/loop.py:3: engine imports genbench.models.vae",
        "genbench/models/__init__.py:1: models imports genbench.engine.loop",
    ]
