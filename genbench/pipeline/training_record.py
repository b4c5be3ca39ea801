"""training.json, what a cell's training says of itself; :mod:`genbench.pipeline.cell` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.atomic import read_json

KEYS = ("shape", "options", "steps", "operations", "images_seen", "decay", "parameters", "diverged", "best", "notes")


def read_record(folder: Path) -> dict[str, Any]:
    """Read the record in the folder of a cell's weights; a missing or broken one is an InputError."""
    path = folder / "training.json"
    record = read_json(path)
    if not isinstance(record, dict) or record.keys() != set(KEYS) or not isinstance(record["best"], dict):
        raise InputError(f"{path}: expected a mapping of {', '.join(KEYS)}, with a mapping `best`")
    return record
