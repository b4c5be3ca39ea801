"""params.yaml as frozen typed sections; an unknown key, a wrong type or a name that does not exist is refused.

The catalogue of runs lies beside it, a file a run (:mod:`genbench.pipeline.catalogue`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from genbench.engine.options import HardwareOptions
from genbench.errors import InputError, unknown
from genbench.files.section import Name, Section, read
from genbench.find import find, members
from genbench.options import Count, Flag, Fraction, Natural, Positive, Reference, name_of
from genbench.pipeline.catalogue import RUNS, Catalogue, Run

PARAMS = Path("params.yaml")


def _sentence(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("should be a sentence in one line")
    return text


#: Words for people, in one line.
Sentence = Annotated[str, AfterValidator(_sentence)]


class DataOptions(Section):
    """Options of the stage prepare: images of `pixels` a side (null: as they come) from a folder or a known place.

    split: for each of train, validation, reference, held_out a number of images, or a share of them in (0, 1).
    pairing: makes a source of each image (:mod:`genbench.data.pairings`); a params file need not have it. paired: false
    takes the sources and the targets of `train` from disjoint halves of it.
    """

    source: str
    pixels: Annotated[int, Field(ge=1, le=8192, strict=True)] | None
    channels: Literal[1, 3] | None
    split: dict[str, int | float]
    seed: Natural
    pairing: Reference | None = None
    paired: Flag = True


class Budget(Section):
    """Budget and bookkeeping of training that all runs of a board share.

    operations: 10⁹ floating-point operations of one training (:mod:`genbench.engine.budget`), from which the steps
    of each run follow. steps: the most that any run makes; a run's `train:` half may have a lower limit of its own. One
    of the two may be null. The others are as in :class:`genbench.engine.options.TrainOptions`.
    """

    operations: Positive | None
    steps: Count | None
    batch: Count
    ema: Fraction
    log_every: Count
    grid_every: Count

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if self.operations is None and self.steps is None:
            raise ValueError("operations and steps: expected a number for one of them at least, got null for both")
        return self


class SamplingOptions(Section):
    """The images that a cell draws: `blocks` disjoint sets, each of as many images as the split `reference` has.

    batch: how many at once. weights: of the last step, averaged (ema) or as they are (raw). Those best on the
    validation split are drawn from as well, for columns of their own.
    """

    blocks: Count
    batch: Count
    weights: Literal["ema", "raw"]


class LikelihoodOptions(Section):
    """draws: random draws an image, for likelihoods that are bounds or estimates. batch: images at once.

    images: the first so many of the split, which has at least these; all if it is null or left out.
    """

    draws: Count
    batch: Count
    images: Annotated[int, Field(ge=2, strict=True)] | None = None

    def require(self, split: str, available: int) -> None:
        """Refuse to take more images than the `available` ones of a split."""
        if self.images is not None and self.images > available:
            raise InputError(
                f"likelihood.images: expected at most {available}, those of data.split.{split}, got {self.images}"
            )


class SweepOptions(Section):
    """Quality against network calls of `runs`, sampled anew with as many steps as each of `calls` allows; [] for none.

    No run may have fewer steps than the most calls. images: as many as the split `reference` has give numbers like the
    leaderboard's. extractor: one of `extractors`.
    """

    runs: list[Name]
    calls: Annotated[list[Count], Field(min_length=1)]
    images: Annotated[int, Field(ge=2, strict=True)]
    extractor: Name


class Params(Section):
    """Content of params.yaml.

    note: a sentence for readers that reports lead with; a profile, and an earlier params file, need not have it.
    """

    profile: Name
    note: Sentence | None = None
    dataset: Name
    enabled: Annotated[list[Name], Field(min_length=1)]
    seeds: Annotated[list[Natural], Field(min_length=1)]
    extractors: Annotated[list[Name], Field(min_length=1)]
    threads: Count
    hardware: HardwareOptions
    data: DataOptions
    train: Budget
    sampling: SamplingOptions
    likelihood: LikelihoodOptions
    sweep: SweepOptions
    extractor: dict[Name, dict[str, Any]]
    metrics: dict[Name, dict[str, Any]]
    runs: Catalogue

    def run(self, name: str) -> Run:
        """Return a run of the catalogue."""
        return self.runs[name]


def load(path: Path = PARAMS) -> Params:
    """Read and check a params file; what is wrong with it is one InputError line."""
    return parse(read(path), path.name, Catalogue(path.parent / RUNS))


def parse(values: Any, where: str, runs: Catalogue) -> Params:
    """Make Params of plain values and the catalogue; `where` names the source of the values in messages."""
    if isinstance(values, dict) and "runs" in values:
        raise InputError(f"{where}: runs: expected no such section, a run is a file of its own, {RUNS}/<run>.yaml")
    params = Params.parse(values, f"{where}:", runs=runs)
    _check_names(params)
    return params


def _check_names(params: Params) -> None:
    if params.dataset not in members("datasets"):
        raise unknown("dataset", params.dataset, members("datasets"))
    _check_pairs(params.data, params.dataset)
    for name in params.enabled:
        if name not in params.runs:
            raise unknown("enabled: run", name, list(params.runs))
    for key, names, known in (
        ("extractors", params.extractors, members("extractors")),
        ("metrics", list(params.metrics), members("metrics")),
    ):
        for name in names:
            if name not in known:
                raise unknown(f"{key}: {key.removesuffix('s')}", name, known)
    for name in params.extractors:
        if name not in params.extractor:
            raise InputError(f"extractor.{name}: missing: options of the extractor that `extractors` names")
    for name in params.sweep.runs:
        if name not in params.enabled:
            raise unknown("sweep.runs: enabled run", name, params.enabled)
    if params.sweep.runs and params.sweep.extractor not in params.extractors:
        raise unknown("sweep.extractor: enabled extractor", params.sweep.extractor, params.extractors)
    lists = ("enabled", params.enabled), ("seeds", params.seeds), ("extractors", params.extractors)
    for key, listed in (*lists, ("sweep.runs", params.sweep.runs)):
        if len(set(listed)) < len(listed):
            raise InputError(f"{key}: expected each entry once, got {listed}")


def _check_pairs(data: DataOptions, dataset: str) -> None:
    if data.pairing is None and data.paired:
        return
    if data.pairing is not None and name_of(data.pairing) not in members("pairings"):
        raise unknown("data.pairing: pairing", name_of(data.pairing), members("pairings"))
    own = getattr(find("datasets", dataset), "PAIRS", False)
    if own and data.pairing is not None:
        raise InputError(f"data.pairing: expected none, for the dataset {dataset} has pairs of its own")
    if not own and data.pairing is None:
        raise InputError("data.paired: false: expected a pairing, whose pairs it takes apart")
