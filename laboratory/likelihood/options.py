"""The study's params.yaml as typed sections, checked as the benchmark's own are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from genbench.engine.options import TrainOptions
from genbench.errors import InputError, unknown
from genbench.files.section import Name, Section, load as load_section
from genbench.options import Count, Natural, Positive, Real

PARAMS = Path("laboratory/likelihood/params.yaml")

Several = Annotated[int, Field(ge=2, strict=True)]
Share = Annotated[float, Field(gt=0, lt=1, strict=True)]
Half = dict[str, Any]  # as the `train:` half of a run


def _dividing(counts: list[int]) -> list[int]:
    if counts != sorted(set(counts)) or any(counts[-1] % count for count in counts):
        raise ValueError("should rise, each a divisor of the last")
    return counts


class MarginalOptions(Section):
    """Estimates of log P. counts: codes an estimate takes. repeats: independent estimates at the largest of them."""

    model: Name
    images: Several
    counts: Annotated[list[Count], Field(min_length=2), AfterValidator(_dividing)]
    repeats: Several


def _rising(counts: list[int]) -> list[int]:
    if counts != sorted(set(counts)):
        raise ValueError("should rise")
    return counts


class AnnealedOptions(Section):
    """Annealed importance sampling. noise: that the GAN is seen through. steps: distributions of a walk.

    tuning: distributions of the walk that finds the step sizes. codes: of IWAE, which the VAE has beside it.
    """

    model: Name
    gan: Name
    noise: Positive
    images: Several
    chains: Count
    leapfrogs: Count
    tuning: Count
    steps: Annotated[list[Count], Field(min_length=2), AfterValidator(_rising)]
    codes: Count


class QualityOptions(Section):
    """Models made to mislead. share: of the model in the mixture. slips: of the memoriser. windows: in an estimate."""

    model: Name
    share: Share
    draws: Count
    images: Several
    slips: Annotated[list[Share], Field(min_length=1)]
    gan: Name
    windows: Several
    bandwidths: Annotated[list[Positive], Field(min_length=1)]


class ChainsOptions(Section):
    """Chains of Hamiltonian Monte Carlo an image. burn: moves left out first. kept: moves of which codes are kept."""

    chains: Several
    burn: Count
    kept: Several
    leapfrogs: Count


class InferenceOptions(Section):
    """Posteriors. steps, lr, draws: of the one fitted to each image. test: codes to measure bounds with.

    regularised: the model whose encoder saw noise. batch, repeats, codes: images, independent gradients, and codes a
    gradient takes.
    """

    model: Name
    regularised: Name
    images: Several
    steps: Count
    lr: Positive
    draws: Count
    test: Several
    hmc: ChainsOptions
    batch: Count
    repeats: Several
    codes: Several


class AnomalyOptions(Section):
    """Detectors. without: labels that they do not see, one at a time. blur, dimmed: strengths of other images."""

    without: Annotated[list[Natural], Field(min_length=1)]
    draws: Count
    blur: Positive
    dimmed: Share
    detectors: Annotated[dict[Name, Half], Field(min_length=1)]


class PicturesOptions(Section):
    """Pictures. columns: of an interpolation. traversal: values of a coordinate. side: of the plane."""

    model: Name
    plane: Name
    images: Several
    columns: Several
    traversal: Annotated[list[Real], Field(min_length=2)]
    side: Several


class RateOptions(Section):
    """Rate against distortion. model: a VAE without its latent and beta, which are `sizes` and `betas`."""

    sizes: Annotated[list[Count], Field(min_length=2), AfterValidator(_rising)]
    betas: Annotated[list[Positive], Field(min_length=2)]
    model: Half


class Options(Section):
    """The whole file. models: by the names that studies use, trained once for all of them."""

    seed: Natural
    threads: Count
    train: TrainOptions
    models: dict[Name, Half]
    marginal: MarginalOptions
    annealed: AnnealedOptions
    quality: QualityOptions
    inference: InferenceOptions
    anomaly: AnomalyOptions
    pictures: PicturesOptions
    rate: RateOptions


def load(path: Path = PARAMS) -> Options:
    """Read and check the file; what is wrong with it is one InputError line."""
    options = load_section(path, Options)
    named = {
        f"{study}.model": getattr(options, study).model for study in ("marginal", "annealed", "quality", "inference")
    }
    named |= {"annealed.gan": options.annealed.gan, "quality.gan": options.quality.gan}
    named |= {"inference.regularised": options.inference.regularised}
    named |= {"pictures.model": options.pictures.model, "pictures.plane": options.pictures.plane}
    for key, name in named.items():
        if name not in options.models:
            raise unknown(f"{key}: model", name, options.models)
    expected = dict.fromkeys(
        ("marginal.model", "annealed.model", "inference.model", "pictures.model", "pictures.plane"), "vae"
    )
    for key, kind in (expected | {"annealed.gan": "gan", "inference.regularised": "denoising_vae"}).items():
        found = options.models[named[key]].get("model")
        if found != kind:
            raise InputError(f"{key}: expected a {kind}, {named[key]} is a {found}")
    latent = options.models[options.pictures.plane].get("latent")
    if latent != 2:
        raise InputError(f"pictures.plane: expected a vae of latent: 2, {options.pictures.plane} has {latent}")
    if options.rate.model.get("model") != "vae":
        raise InputError(f"rate.model: expected a vae, got {options.rate.model.get('model')}")
    return options
