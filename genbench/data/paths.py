"""Where each stage's files lie, relative to the root of the project; dvc.yaml says the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CODE = Path("code")
REPORTS = Path("reports")
LABORATORY = Path("laboratory")  # a DVC project of its own, in which each folder is a study
LOCK = Path("dvc.lock")
PUBLISHED = REPORTS / "published"


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

    def samples(self, run: str, seed: int, *, chosen: bool = False) -> Path:
        """Images of the weights of the last step, or of those chosen on the validation split."""
        return self.root / "samples" / run / str(seed) / ("chosen" if chosen else "last")

    def features(self, run: str, seed: int, extractor: str, *, chosen: bool = False) -> Path:
        """Features of the same images."""
        return self.root / "features" / run / f"{seed}-{extractor}" / ("chosen.npz" if chosen else "last.npz")

    def metrics(self, run: str, seed: int, extractor: str) -> Path:
        return self.root / "metrics" / run / f"{seed}-{extractor}.json"
