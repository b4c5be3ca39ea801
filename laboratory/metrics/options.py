"""The study's params.yaml as typed sections, checked as the benchmark's own are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from genbench.errors import unknown
from genbench.files.section import Name, Section, load as load_section
from genbench.find import members
from genbench.options import Count, Positive

PARAMS = Path("laboratory/metrics/params.yaml")

Rulers = Annotated[list[Name], Field(min_length=1)]
Metrics = dict[Name, dict[str, Any]]
Strengths = Annotated[list[Positive], Field(min_length=1)]


class Parts(Section):
    """Division of real images that no model and no classifier saw, drawn anew for each repeat.

    reference: to measure against. source: what is spoilt. held_out: the null of memorisation.
    fake: images drawn from those of `source` that a distortion leaves; what it leaves must be enough.
    """

    reference: Count
    source: Count
    held_out: Count
    fake: Count


class DistortionOptions(Section):
    """Distortions of real images, and metrics of them. strengths: by a function of `laboratory.metrics.distort`."""

    rulers: Rulers
    repeats: Annotated[int, Field(ge=2, strict=True)]
    images: Parts
    strengths: dict[Name, Strengths]
    metrics: Metrics


class SampleSizeOptions(Section):
    """Numbers of images, of either kind, that each metric is asked for.

    distortion, strength: the second, worse model beside untouched images. twins: numbers drawn from Gaussians.
    """

    rulers: Rulers
    repeats: Annotated[int, Field(ge=2, strict=True)]
    counts: Annotated[list[Count], Field(min_length=2)]
    twins: Annotated[list[Count], Field(min_length=2)]
    distortion: Name
    strength: Positive
    metrics: Metrics
    twin_metrics: Metrics


class AgreementOptions(Section):
    """Orders that are compared. seeds: those of the rulers that differ in the seed of their training alone."""

    rulers: Rulers
    seeds: Rulers
    metrics: Metrics


class Options(Section):
    """The whole file. rulers: each an extractor of the benchmark, by name, with its options."""

    rulers: dict[Name, dict[str, Any]]
    distortions: DistortionOptions
    sample_size: SampleSizeOptions
    agreement: AgreementOptions


def load(path: Path = PARAMS) -> Options:
    """Read and check the file; what is wrong with it is one InputError line."""
    options = load_section(path, Options)
    agreement = options.agreement.rulers
    for name in agreement:
        if name not in options.rulers:
            raise unknown("agreement.rulers: ruler", name, options.rulers)
    parts = {"agreement.seeds": options.agreement.seeds}
    parts |= {"distortions.rulers": options.distortions.rulers, "sample_size.rulers": options.sample_size.rulers}
    for key, names in parts.items():
        for name in names:
            if name not in agreement:  # only those are made
                raise unknown(f"{key}: ruler", name, agreement)
    require_extractors(options.rulers)
    return options


def require_extractors(rulers: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a ruler that is no extractor of the benchmark; rulers: their options by name."""
    for name, ruler in rulers.items():
        if ruler.get("extractor") not in members("extractors"):
            raise unknown(f"rulers.{name}: extractor", ruler.get("extractor"), members("extractors"))
