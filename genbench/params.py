"""params.yaml as frozen typed sections; an unknown key, a wrong type or a name that does not exist is refused.

The file is read by the parser that DVC reads it with (YAML 1.2), so that both see the same numbers: PyYAML would
take `1e-3` for text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from genbench.errors import InputError, unknown
from genbench.find import members
from genbench.options import Count, Flag, Fraction, Natural, one_line

PARAMS = Path("params.yaml")


def _safe(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError("should be a name of letters, digits and '_' that starts with a letter")
    return name


#: A name that becomes part of a path.
Name = Annotated[str, AfterValidator(_safe)]


class Section(BaseModel):
    """A part of params.yaml: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataOptions(Section):
    """What `prepare` makes: images of size×size pixels (null: as they come) from a folder or a known place.

    split: for each of train, validation, reference, held_out a number of images, or a share of them in (0, 1).
    """

    source: str
    size: Count | None
    channels: Literal[1, 3] | None
    split: dict[str, int | float]
    seed: Natural


class TrainOptions(Section):
    """The budget and bookkeeping that all runs share; a run's `train:` half may override `steps` and `batch`.

    steps: generator (or only player's) updates. batch: images in one. ema: decay of the averaged weights.
    log_every, grid_every: steps between points of the curves, and between sample grids.
    """

    steps: Count
    batch: Count
    ema: Fraction
    log_every: Count
    grid_every: Count


class SamplingOptions(Section):
    """images: samples a cell. batch: how many at once. weights: averaged, last, or averaged and best on validation."""

    images: Annotated[int, Field(ge=2, strict=True)]
    batch: Count
    weights: Literal["ema", "last", "best"]


class LikelihoodOptions(Section):
    """draws: random draws an image, for likelihoods that are bounds or estimates. batch: images at once."""

    draws: Count
    batch: Count


class Run(Section):
    """One row: the `train:` half decides the weights, the `sample:` half what is drawn from them.

    calibration: a row that says what the numbers mean, set apart in the tables.
    note: what the page says of the row beside its options, such as where they come from.
    """

    calibration: Flag = False
    note: str = ""
    train: dict[str, Any]
    sample: dict[str, Any] = {}


class Params(Section):
    """All of params.yaml."""

    profile: Name
    dataset: Name
    enabled: Annotated[list[Name], Field(min_length=1)]
    seeds: Annotated[list[Natural], Field(min_length=1)]
    extractors: Annotated[list[Name], Field(min_length=1)]
    threads: Count
    data: DataOptions
    train: TrainOptions
    sampling: SamplingOptions
    likelihood: LikelihoodOptions
    extractor: dict[Name, dict[str, Any]]
    metrics: dict[Name, dict[str, Any]]
    runs: dict[Name, Run]

    def run(self, name: str) -> Run:
        """A run of the catalogue."""
        if name not in self.runs:
            raise unknown("run", name, self.runs)
        return self.runs[name]


def load(path: Path = PARAMS) -> Params:
    """Read and check a params file; what is wrong with it is one InputError line."""
    return parse(read(path), path.name)


def read(path: Path) -> Any:
    """Plain values of a YAML file, as DVC reads them."""
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the root of the project") from None
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise InputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from error


def parse(values: Any, where: str) -> Params:
    """Plain values to Params; `where` names their source in messages."""
    if not isinstance(values, dict):
        raise InputError(f"{where}: expected a mapping of sections, got {type(values).__name__}")
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        raise one_line(error, "", _siblings(error)) from None
    _check_names(params)
    return params


def _siblings(error: ValidationError) -> list[str]:
    """The keys that exist in the section where the first fault is."""
    sections: dict[str, type[BaseModel]] = {
        "data": DataOptions,
        "train": TrainOptions,
        "sampling": SamplingOptions,
        "likelihood": LikelihoodOptions,
        "runs": Run,
    }
    place = error.errors()[0]["loc"]
    section = Params if len(place) == 1 else sections.get(str(place[0]), Params)
    return list(section.model_fields)


def _check_names(params: Params) -> None:
    if params.dataset not in members("datasets"):
        raise unknown("dataset", params.dataset, members("datasets"))
    for name in params.enabled:
        if name not in params.runs:
            raise unknown("enabled: run", name, params.runs)
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
    for key, listed in (("enabled", params.enabled), ("seeds", params.seeds), ("extractors", params.extractors)):
        if len(set(listed)) < len(listed):
            raise InputError(f"{key}: expected each entry once, got {listed}")
