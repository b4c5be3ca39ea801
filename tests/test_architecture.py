"""The rooms of the package: imports go down the layers, and never in a circle. What is in them is short."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from docs.rooms import LAYERS, OUTSIDE, arrows, draw, imported, modules
from tests.support.clone import ROOT

LAYER = {room: layer for layer, rooms in enumerate(LAYERS) for room in rooms}
DVC = ("dvc", "dvc_data", "dvc_objects", "scmrepo")
FLAT = 8  # modules beside the rooms
LINES = 60  # of a function, docstring and all
#: Words that a docstring does not begin with: it says what a function does, or names what a value is.
QUESTIONS = {"What", "Whether", "How", "Who", "Whose", "Which", "Where", "When", "Why", "That", "Those", "All"}


def upward(root: Path) -> list[str]:
    """Return the imports of a room in a layer above."""
    return [arrow.line for arrow in arrows(root) if LAYER[arrow.source] < LAYER[arrow.target]]


def circle(root: Path) -> list[str]:
    """Return the imports that a circle of rooms is made of; none where there is no circle."""
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
    assert rooms | {"genbench", *OUTSIDE} == LAYER.keys()


def test_no_import_goes_up() -> None:
    assert upward(ROOT) == []


def test_no_circle_of_rooms() -> None:
    assert circle(ROOT) == []


def test_dvc_is_imported_by_its_room_alone() -> None:
    outside = [
        f"{name} imports {module}"
        for name, path in modules(ROOT)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for module in imported(node)
        if module.split(".")[0] in DVC and not name.startswith("genbench.dag.")
    ]
    assert outside == []


def test_few_modules_stand_beside_the_rooms() -> None:
    assert len([path for path in (ROOT / "genbench").glob("*.py") if path.stem != "__init__"]) <= FLAT


def test_the_drawing_is_of_these_imports() -> None:
    again = "make it anew: python docs/rooms.py"
    assert draw(ROOT) == (ROOT / "docs/rooms.svg").read_text(encoding="utf-8"), again


def test_functions_are_short() -> None:
    folders = ("genbench", *OUTSIDE, "tests", "benchmarks", "docs")
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert [line for path in paths for line in long_functions(path)] == []


def test_docstrings_say_what_is_done_or_name_a_thing() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}: {words[0]} ..."
        for _, path in modules(ROOT)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (words := (ast.get_docstring(node) or "").split())
        if words[0] in QUESTIONS
    ]
    assert wrong == []


def long_functions(path: Path) -> list[str]:
    """Return where a function of more than LINES lines stands."""
    return [
        f"{path}:{node.lineno}: {node.name} has {length} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (length := (node.end_lineno or 0) - node.lineno + 1) > LINES
    ]


def test_a_long_function_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("def short():\n    pass\n\n\ndef long():\n" + "    pass\n" * LINES, encoding="utf-8")
    assert long_functions(path) == [f"{path}:5: long has {LINES + 1} lines"]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house of three rooms, each above the one before: engine, models, commands."""
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
