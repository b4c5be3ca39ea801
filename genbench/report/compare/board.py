"""The leaderboard of a snapshot, and what must be equal in two of them before their numbers are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from genbench.data.paths import REPORTS
from genbench.errors import InputError
from genbench.report.compare.settings import Settings
from genbench.report.compare.snapshot import Snapshot
from genbench.report.leaderboard import Leaderboard
from genbench.report.stored import parse

BOARD = REPORTS / "leaderboard.json"
IMAGES = ("name", "shape", "levels", "counts")  # of a dataset
PROTOCOL = ("weights", "resize", "reference", "n_real", "n_fake")  # of an extractor


def read_board(state: Snapshot, path: Path = BOARD) -> Leaderboard:
    """The leaderboard of a snapshot; none, an unreadable one or one of another schema is an InputError."""
    content = state.read(path)
    if content is None:
        raise InputError(f"{path}: no such file in {state}")
    return parse(content, f"{path} in {state}")


def require_comparable(
    before: Leaderboard, after: Leaderboard, names: tuple[str, str], settings: tuple[Settings, Settings]
) -> None:
    """Refuse two leaderboards whose numbers were made in different ways, naming everything that differs.

    Extractors and metrics that one of them lacks do not matter: their columns are left out. The images are the same
    where the params under `data` are, up to the folder that they are read from.
    """
    if not before["protocols"].keys() & after["protocols"].keys():
        raise InputError(
            f"{names[0]} and {names[1]} cannot be compared: no extractor in common "
            f"({', '.join(before['protocols'])}; {', '.join(after['protocols'])})"
        )
    pairs = [*_protocols(before, after), *_images(*settings)]
    differ = [f"{key} is {one!r} in {names[0]}, {two!r} in {names[1]}" for key, one, two in pairs if one != two]
    if differ:
        raise InputError(f"{names[0]} and {names[1]} cannot be compared: {'; '.join(differ)}")


def _protocols(before: Leaderboard, after: Leaderboard) -> Iterator[tuple[str, Any, Any]]:
    for key in IMAGES:
        yield f"dataset: {key}", cast(Mapping[str, Any], before["dataset"])[key], cast(Any, after["dataset"])[key]
    for extractor in before["protocols"].keys() & after["protocols"].keys():
        one, two = (cast(Mapping[str, Any], board["protocols"][extractor]) for board in (before, after))
        for key in PROTOCOL:
            yield f"{extractor}: {key}", one[key], two[key]
        for metric in sorted(one["options"].keys() & two["options"].keys()):
            yield f"{extractor}: options of {metric}", one["options"][metric], two["options"][metric]


def _images(before: Settings, after: Settings) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(before.keys() | after.keys()):
        if key.startswith("data.") and key != "data.source":
            yield key, before.get(key), after.get(key)
