"""Paths of the study's files, relative to the root of the project; its dvc.yaml says the same."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("laboratory/metrics/data")
CODE = ROOT / "code"
REPORTS = Path("laboratory/metrics/report")


def ruler(name: str) -> Path:
    """Return the folder of an obtained extractor."""
    return ROOT / "rulers" / name


def records(study: str, ruler: str) -> Path:
    """Return the path of a study's record under one ruler."""
    return ROOT / study / f"{ruler}.json"
