"""Paths of each stage's files, relative to the root of the project; dvc.yaml says the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CODE = Path("code")
REPORTS = Path("reports")
LABORATORY = Path("laboratory")  # a DVC project of its own, in which each folder is a study
LOCK = Path("dvc.lock")
PUBLISHED = REPORTS / "published"

#: The weights that a cell is judged by: those at the end of training, and those best on the validation split.
Judged = Literal["final", "best"]
CYCLE = "-cycle"  # of translations, the end of the name of those that were translated back


@dataclass(frozen=True)
class Paths:
    """The files of one dataset."""

    dataset: str

    @property
    def root(self) -> Path:
        return Path("data") / self.dataset

    @property
    def images(self) -> Path:
        return self.root / "images"

    def extractor(self, extractor: str) -> Path:
        return self.root / "extractors" / extractor

    def reference(self, extractor: str) -> Path:
        return self.root / "reference" / extractor

    def weights(self, run: str, seed: int) -> Path:
        return self.root / "weights" / run / str(seed)

    def cost(self, run: str, seed: int, stage: str) -> Path:
        return self.root / "costs" / run / f"{seed}-{stage}.json"

    def likelihood(self, run: str, seed: int) -> Path:
        return self.root / "likelihood" / run / f"{seed}.json"

    def samples(self, run: str, seed: int, weights: Judged = "final", *, cycle: bool = False) -> Path:
        """Return the folder of a cell's images, or of the same translated back."""
        return self.root / "samples" / run / str(seed) / f"{weights}{CYCLE * cycle}"

    def sheet(self, run: str, seed: int, name: str) -> Path:
        return self.root / "samples" / run / str(seed) / "sheets" / name

    def features(self, run: str, seed: int, extractor: str, weights: Judged = "final", *, cycle: bool = False) -> Path:
        return self.root / "features" / run / f"{seed}-{extractor}" / f"{weights}{CYCLE * cycle}.npz"

    def metrics(self, run: str, seed: int, extractor: str) -> Path:
        return self.root / "metrics" / run / f"{seed}-{extractor}.json"

    def sweep(self, run: str, seed: int) -> Path:
        return self.root / "metrics" / run / f"sweep-{seed}.json"
