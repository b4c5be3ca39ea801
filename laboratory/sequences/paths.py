"""Paths of the study's files, relative to the root of the project; its dvc.yaml says the same."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("laboratory/sequences/data")
CODE = ROOT / "code"
REPORTS = Path("laboratory/sequences/report")


def record(study: str) -> Path:
    """Return the path of a study's record."""
    return ROOT / f"{study}.json"
