"""The study's params.yaml as typed sections, checked as the benchmark's own are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from genbench.engine.learner import Optimiser
from genbench.engine.options import TrainOptions
from genbench.files.section import Name, Section, load as load_section
from genbench.options import Betas, Count, Flag, Fraction, Natural, Positive, Real, Reference

PARAMS = Path("laboratory/divergences/params.yaml")

#: Options to try of members of a collection, in place of their own examples.
Instead = dict[Name, list[dict[str, Any]]]
Several = Annotated[int, Field(ge=2, strict=True)]


class MixtureOptions(Section):
    """Mixture of Gaussians on the line; :class:`laboratory.divergences.quadrature.Mixture` checks what it is."""

    weights: list[Positive]
    means: list[Real]
    sds: list[Positive]


class Start(Section):
    """Start of the fit by samples."""

    mean: Real
    sd: Positive


class UnivariateOptions(Section):
    """Fit of one Gaussian. starts: means and sds of the grid that the search begins from; the rest is of the game.

    start: of the generator. ema: of μ̂, σ̂ and the critic. test: fresh points for the bound.
    """

    target: MixtureOptions
    starts: tuple[Several, Several]
    start: Start
    steps: Count
    batch: Count
    critic_steps: Count
    lr: Positive
    betas: Betas
    ema: Fraction
    test: Several
    seed: Natural


class Network(Section):
    """Options of an MLP without batch normalisation, which belongs to games."""

    width: Count
    depth: Count


class EstimateOptions(Section):
    """Bounds of critics. distances: δ. dimensions: D. steps, batch, lr, ema: of each. test: fresh points a side."""

    distances: Annotated[list[Positive], Field(min_length=2)]
    dimensions: Annotated[list[Count], Field(min_length=1)]
    network: Network
    steps: Count
    batch: Count
    lr: Positive
    ema: Fraction
    test: Several
    seed: Natural


class DiracOptions(Section):
    """Dirac-GAN. weight: of every penalty. noise: sd of instance noise. start, rate, steps: of the paths drawn."""

    weight: Positive
    noise: Positive
    instead: Instead
    paths: list[Name]
    start: tuple[Real, Real]
    rate: Positive
    steps: Count


class PlayedOptions(Section):
    """Game that a critic plays alone."""

    objective: Reference
    penalties: list[Reference] = []


class VanishingOptions(Section):
    """Parted supports. sd: s. thetas: of the exact curves. critics_at: θ of trained critics, `pictured` among them.

    looks: steps of their training at which the slope that they give is measured, by `test` points.
    """

    sd: Positive
    thetas: Annotated[list[Positive], Field(min_length=2)]
    critics: dict[str, PlayedOptions]
    critics_at: Annotated[list[Positive], Field(min_length=1)]
    pictured: Positive
    looks: Annotated[list[Count], Field(min_length=1)]
    network: Network
    batch: Count
    lr: Positive
    test: Several
    seed: Natural


class GameNetwork(Section):
    """Options of genbench's network mlp."""

    width: Count
    depth: Count
    norm: Literal["batch", "none"] = "none"
    spectral: Flag = False


class GameOptions(Section):
    """Game on the plane, as a run of the benchmark would have it in its `train:` half."""

    objective: Reference = "non_saturating"
    penalties: list[Reference] = []
    tricks: list[Reference] = []
    network: GameNetwork
    latent: Count
    steps: Count
    batch: Count
    critic_steps: Count
    lr: Positive
    critic_lr: Positive | None = None
    betas: Betas
    optimiser: Optimiser = "adam"


class ModesOptions(Section):
    """Modes on the plane. targets: by a function of `laboratory.divergences.targets`. game: what objectives share.

    bound: the penalty of a critic that needs one. changes: to the game of an objective, by its name. ill: what makes
    the shared game one that loses modes, cures: changes to that game. cures_on: by target, the names of those that are
    tried there. ema: decay of the averaged generator that is measured. samples: points a seed, transported: those of
    them that W2 takes. pictures: of training.
    """

    targets: dict[Name, dict[str, Any]]
    game: GameOptions
    bound: Reference
    instead: Instead
    changes: dict[Name, dict[str, Any]]
    ill: dict[str, Any]
    cures: dict[str, dict[str, Any]]
    cures_on: dict[Name, Literal["all"] | list[str]]
    ema: Fraction
    seeds: Annotated[list[Natural], Field(min_length=1)]
    samples: Several
    transported: Several
    pictures: Count


class TruncationOptions(Section):
    """Truncated codes. generators: `train:` halves by name. psis: null for no truncation. images: drawn at each.

    pictured: shown of them. k: of precision and recall. classifier: options of that extractor.
    train, split: as in the benchmark's params.yaml.
    """

    generators: dict[Name, dict[str, Any]]
    psis: Annotated[list[Positive | None], Field(min_length=2)]
    images: Several
    pictured: Count
    k: Count
    classifier: dict[str, Any]
    train: TrainOptions
    split: dict[str, int | float]
    seed: Natural


class Options(Section):
    """The whole file."""

    threads: Count
    univariate: UnivariateOptions
    estimate: EstimateOptions
    modes: ModesOptions
    dirac: DiracOptions
    vanishing: VanishingOptions
    truncation: TruncationOptions


def load(path: Path = PARAMS) -> Options:
    """Read and check the file; what is wrong with it is one InputError line."""
    return load_section(path, Options)
