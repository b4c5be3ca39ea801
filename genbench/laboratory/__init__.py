"""Studies of the benchmark's own parts, against known truths; each is a pipeline of its own below laboratory/."""

from __future__ import annotations

from pathlib import Path

LABORATORY = Path("laboratory")  # a DVC project of its own, in which each folder is a study
