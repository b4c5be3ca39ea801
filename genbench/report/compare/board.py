"""The leaderboard of a snapshot, and the parts that must be equal in two before their numbers are compared."""

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
    """Read the leaderboard of a snapshot; a missing or unreadable one, or one of another schema, is an InputError."""
    content = state.read(path)
    if content is None:
        raise InputError(f"{path}: no such file in {state}")
    return parse(content, f"{path} in {state}")


def require_comparable(
    before: Leaderboard, after: Leaderboard, names: tuple[str, str], settings: tuple[Settings, Settings]
) -> None:
    """Refuse two leaderboards whose numbers were made in different ways, and name everything that differs.

    An extractor or metric that only one of them has does not matter: its columns are left out. The images are the same
    where the params under `data` are, up to the folder that they are read from.
    """
    if not before["protocols"].keys() & after["protocols"].keys():
        raise InputError(
            f"{names[0]} and {names[1]} cannot be compared: no extractor in common "
            f"({', '.join(before['protocols'])}; {', '.join(after['protocols'])})"
        )
    pairs = [*_protocols(before, after), *_images(*settings)]
    differ = [f"{key} is {old!r} in {names[0]}, {new!r} in {names[1]}" for key, old, new in pairs if old != new]
    if differ:
        raise InputError(f"{names[0]} and {names[1]} cannot be compared: {'; '.join(differ)}")


def _protocols(before: Leaderboard, after: Leaderboard) -> Iterator[tuple[str, Any, Any]]:
    for key in IMAGES:
        yield f"dataset: {key}", cast(Mapping[str, Any], before["dataset"])[key], cast(Any, after["dataset"])[key]
    for extractor in before["protocols"].keys() & after["protocols"].keys():
        old, new = (cast(Mapping[str, Any], board["protocols"][extractor]) for board in (before, after))
        for key in PROTOCOL:
            yield f"{extractor}: {key}", old[key], new[key]
        for metric in sorted(old["options"].keys() & new["options"].keys()):
            yield f"{extractor}: options of {metric}", old["options"][metric], new["options"][metric]


def _images(before: Settings, after: Settings) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(before.keys() | after.keys()):
        if key.startswith("data.") and key != "data.source":
            yield key, before.get(key), after.get(key)
