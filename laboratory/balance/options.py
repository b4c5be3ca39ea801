"""The study's params.yaml as typed sections, checked as the benchmark's own are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from genbench.files.section import Name, Section, load as load_section
from genbench.options import Count, Natural, Positive
from genbench.pipeline.params import Budget

PARAMS = Path("laboratory/balance/params.yaml")

Several = Annotated[int, Field(ge=2, strict=True)]


class TailOptions(Section):
    """Long tail. most: images of the commonest class. imbalance: of it to the rarest. rare: classes counted as such."""

    most: Count
    imbalance: Annotated[float, Field(ge=1)]
    rare: Count


class ClassifierOptions(Section):
    """Training of the judge, as of the extractor of that name."""

    features: Count
    steps: Count
    batch: Count
    lr: Positive


class Options(Section):
    """The whole file. runs: of the benchmark's catalogue. repeats: of everything. batch: images drawn at once."""

    seed: Natural
    threads: Count
    repeats: Several
    tail: TailOptions
    runs: Annotated[list[Name], Field(min_length=1)]
    train: Budget
    batch: Count
    classifier: ClassifierOptions


def load(path: Path = PARAMS) -> Options:
    """Read and check the file; what is wrong with it is one InputError line."""
    return load_section(path, Options)
