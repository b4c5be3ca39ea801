"""Where the study's files lie, relative to the root of the project; its dvc.yaml says the same."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("data/laboratory/tuning")
CODE = ROOT / "code"
SEARCHES = ROOT / "searches"
REPORTS = Path("reports/tuning")
FOUND = REPORTS / "tuning.json"
