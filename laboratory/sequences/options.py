"""The study's params.yaml as typed sections, checked as the benchmark's own are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from genbench.errors import InputError, unknown
from genbench.files.section import Name, Section, load as load_section
from genbench.options import Count, Fraction, Natural, Positive, Real, Reference
from laboratory.sequences.spaces import StateSpace, make

PARAMS = Path("laboratory/sequences/params.yaml")

Several = Annotated[int, Field(ge=2, strict=True)]


def _rising(counts: list[int]) -> list[int]:
    if counts != sorted(set(counts)):
        raise ValueError("should rise")
    return counts


Counts = Annotated[list[Count], Field(min_length=2), AfterValidator(_rising)]


class BoundsOptions(Section):
    """Bounds. counts: particles of a filter. draws: of all filters that a mean is over. followed: of gaps by t."""

    counts: Counts
    draws: Several
    followed: Count


class TinyOptions(Section):
    """Two particles, two steps. seen: y_1 and y_2. nodes: of each noise in quadrature. repeats: gradients."""

    alpha: Fraction
    seen: tuple[Real, Real]
    nodes: Several
    repeats: Several


class GradientOptions(Section):
    """Gradients. counts: particles. group: runs that a gradient is a mean of. repeats: independent gradients."""

    space: Name
    counts: Annotated[list[Several], Field(min_length=2), AfterValidator(_rising)]
    group: Several
    repeats: Several
    tiny: TinyOptions


class LearningOptions(Section):
    """Learned proposals. group: filters a step. look: steps to a point of the curves. test: filters to measure with."""

    spaces: Annotated[list[Name], Field(min_length=1)]
    particles: Several
    group: Several
    steps: Count
    lr: Positive
    look: Count
    test: Several


class Options(Section):
    """The whole file. spaces: by the names that studies use."""

    seed: Natural
    threads: Count
    spaces: Annotated[dict[Name, Reference], Field(min_length=1)]
    bounds: BoundsOptions
    gradients: GradientOptions
    learning: LearningOptions

    def made(self) -> dict[str, StateSpace]:
        """Make every space, by its name."""
        return {name: make(reference, f"spaces.{name}") for name, reference in self.spaces.items()}


def load(path: Path = PARAMS) -> Options:
    """Read and check the file; what is wrong with it is one InputError line."""
    options = load_section(path, Options)
    options.made()
    for key, names in {
        "gradients.space": [options.gradients.space],
        "learning.spaces": options.learning.spaces,
    }.items():
        for name in names:
            if name not in options.spaces:
                raise unknown(f"{key}: space", name, options.spaces)
    if options.bounds.followed not in options.bounds.counts:
        raise InputError(f"bounds.followed: expected one of counts, got {options.bounds.followed}")
    if options.learning.steps % options.learning.look:
        raise InputError(f"learning.look: expected a divisor of {options.learning.steps}, got {options.learning.look}")
    return options
