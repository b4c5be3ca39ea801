"""Paths of the study's files, relative to the root of the project; its dvc.yaml says the same."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("laboratory/tuning/data")
CODE = ROOT / "code"
FAMILIES = CODE / "families.json"
EXTRACTOR = ROOT / "extractor"
SEARCHES = ROOT / "searches"
REPORTS = Path("laboratory/tuning/report")
FOUND = REPORTS / "tuning.json"
