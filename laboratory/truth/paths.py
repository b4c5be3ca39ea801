"""Paths of the study's files, relative to the root of the project; its dvc.yaml says the same."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("laboratory/truth/data")
CODE = ROOT / "code"
REPORTS = Path("laboratory/truth/report")


def ruler(name: str) -> Path:
    """Return the folder of an obtained extractor."""
    return ROOT / "rulers" / name


def models(ruler: str, run: str) -> Path:
    """Return the path of the record of one run under one ruler."""
    return ROOT / "models" / ruler / f"{run}.json"


def draws(seed: int) -> Path:
    """Return the folder of one seed's fresh and spoilt draws of the teacher."""
    return ROOT / "draws" / str(seed)


def spoilings(ruler: str) -> Path:
    """Return the path of the record of all draws under one ruler."""
    return ROOT / "spoilings" / f"{ruler}.json"
