"""Paths of the study's files, relative to the root of the project; its dvc.yaml says the same."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("laboratory/likelihood/data")
CODE = ROOT / "code"
REPORTS = Path("laboratory/likelihood/report")


def model(name: str) -> Path:
    """Return the folder of a trained model."""
    return ROOT / "models" / name


def record(study: str, part: str = "") -> Path:
    """Return the path of a study's record; `part` where it has several files."""
    return ROOT / study / f"{part}.json" if part else ROOT / f"{study}.json"


def pictures(study: str, part: str = "") -> Path:
    """Return the path of a study's pictures."""
    return record(study, part).with_suffix(".npz")
