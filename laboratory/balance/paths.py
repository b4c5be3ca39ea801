"""Paths of the study's files, relative to the root of the project; its dvc.yaml says the same."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("laboratory/balance/data")
CODE = ROOT / "code"
REPORTS = Path("laboratory/balance/report")


def baseline(filling: str) -> Path:
    """Return the path of the accuracies without models."""
    return ROOT / "baselines" / f"{filling}.json"


def samples(run: str, repeat: int) -> Path:
    """Return the folder of a run's samples."""
    return ROOT / "samples" / run / str(repeat)


def accuracy(run: str) -> Path:
    """Return the path of the accuracies with a run's samples."""
    return ROOT / "accuracies" / f"{run}.json"
