"""The study's params.yaml as typed sections, checked as the benchmark's own are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from genbench.errors import InputError, unknown
from genbench.files.section import Name, Section, load as load_section
from genbench.find import find, members
from genbench.metrics import GIVEN, is_truth
from genbench.options import Natural, Positive, checked
from laboratory.metrics.options import require_extractors
from laboratory.truth.spoilt import KINDS

PARAMS = Path("laboratory/truth/params.yaml")

Several = Annotated[int, Field(ge=2, strict=True)]
Counts = Annotated[list[Several], Field(min_length=1)]
Metrics = dict[Name, dict[str, Any]]
Strengths = Annotated[list[Positive], Field(min_length=1)]


class Slow(Section):
    """Metrics that are measured at some of the numbers of images alone."""

    counts: list[Several]
    metrics: Metrics


class Measuring(Section):
    """Metrics of generated images. counts: numbers of images. train: training images to compare with."""

    rulers: Annotated[list[Name], Field(min_length=1)]
    counts: Counts
    train: Several
    metrics: Metrics
    slow: Slow

    def at(self, count: int) -> Metrics:
        """Select the metrics that are measured at a number of images."""
        return {**self.metrics, **(self.slow.metrics if count in self.slow.counts else {})}

    @property
    def every(self) -> Metrics:
        """The metrics that are measured at all."""
        return {**self.metrics, **self.slow.metrics}

    @model_validator(mode="after")
    def _known(self) -> Self:
        strange = set(self.slow.counts) - set(self.counts)
        if strange:
            raise ValueError(f"slow.counts: expected some of {self.counts}, got {sorted(strange)}")
        return self


class SpoilingOptions(Section):
    """Draws of the known distribution. seeds: of fresh ones. spoilt: how many of the seeds are spoilt as well.

    images: of each distribution, for estimates of divergences. strengths: by a kind of :mod:`laboratory.truth.spoilt`.
    """

    seeds: Annotated[list[Natural], Field(min_length=2)]
    spoilt: Several
    images: Several
    strengths: Annotated[dict[Name, Strengths], Field(min_length=1)]

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.spoilt > len(self.seeds):
            raise ValueError(f"spoilt: expected at most the {len(self.seeds)} seeds, got {self.spoilt}")
        return self


class OrderOptions(Section):
    """Analysis of orders. resamples: of the rows. alike: the τ from which on two orders count as one."""

    resamples: Annotated[int, Field(ge=100, strict=True)]
    alike: Annotated[float, Field(gt=0, le=1, strict=True)]


class Options(Section):
    """The whole file. rulers: each an extractor of the benchmark, by name, with its options."""

    rulers: dict[Name, dict[str, Any]]
    measuring: Measuring
    spoilings: SpoilingOptions
    orders: OrderOptions


def load(path: Path = PARAMS) -> Options:
    """Read and check the file; what is wrong with it is one InputError line."""
    options = load_section(path, Options)
    for name in options.measuring.rulers:
        if name not in options.rulers:
            raise unknown("measuring.rulers: ruler", name, options.rulers)
    require_extractors(options.rulers)
    for name, chosen in options.measuring.every.items():
        if name not in members("metrics"):
            raise unknown("measuring: metric", name, members("metrics"))
        compute = find("metrics", name).compute
        if is_truth(compute, name):
            raise InputError(f"measuring: {name} is a truth; expected metrics that are given images alone")
        checked(compute, chosen, f"measuring: {name}", given=GIVEN)
    for kind, strengths in options.spoilings.strengths.items():
        if kind not in KINDS:
            raise unknown("spoilings.strengths: kind", kind, KINDS)
        if strengths != sorted(set(strengths)):
            raise InputError(f"spoilings.strengths.{kind}: expected numbers that rise, got {strengths}")
    return options
