"""Random search (Bergstra, Bengio, 2012) over the options that adversarial runs share.

Trials are few, so they are a Latin hypercube (McKay, Beckman, Conover 1979): of T trials, each draws every option from
another one of T equal parts of its range. An option's draws come from a stream keyed by (seed, option) alone, so that
all runs meet the same ones: what one finds and another does not is not luck. Trial 0 is the run as it stands.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from genbench.files.section import Name, Section, load as load_section
from genbench.options import Betas, Count, Natural, Positive
from genbench.seeding import numpy_rng

PARAMS = Path("laboratory/tuning/params.yaml")


def _ordered(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError("should be a range from low to high")
    return ends


#: From low to high, drawn evenly in the logarithm.
Range = Annotated[tuple[Positive, Positive], AfterValidator(_ordered)]


class Space(Section):
    """Ranges. lr: the generator's rate. critic_ratio: the critic's over it. betas, critic_steps: one of a few.

    Betas are drawn for a run that has them: RMSprop has none.

    strength: a factor of what bounds the critic's slope, `clip` or the penalties' weights, where a run has them.
    """

    lr: Range
    critic_ratio: Range
    betas: Annotated[list[Betas], Field(min_length=1)]
    critic_steps: Annotated[list[Count], Field(min_length=1)]
    strength: Range


class Tuning(Section):
    """Budget: `trials` draws for each run beside its default, each of `steps` steps and scored by `images` samples."""

    runs: Annotated[list[Name], Field(min_length=1)]
    extractor: Name
    trials: Count
    steps: Count
    images: Annotated[int, Field(ge=2, strict=True)]
    seed: Natural
    space: Space


def load(path: Path = PARAMS) -> Tuning:
    """Read and check the study's params; what is wrong with them is one InputError line."""
    return load_section(path, Tuning)


def draw(half: dict[str, Any], space: Space, *, seed: int, trial: int, trials: int) -> dict[str, Any]:
    """Draw the options of trial 1 to `trials` into a GAN's `train:` half, rounded to two digits; 0 is the default."""
    if trial == 0:
        return {**half, "critic_lr": half.get("critic_lr", half["lr"])}

    def share(option: str) -> float:
        rng = numpy_rng(seed, f"tuning {option}")
        part, inside = rng.permutation(trials)[trial - 1], rng.random(trials)[trial - 1]
        return float(part + inside) / trials

    lr = _within(space.lr, share("lr"))
    drawn = {
        **half,
        "lr": _rounded(lr),
        "critic_lr": _rounded(lr * _within(space.critic_ratio, share("critic_ratio"))),
        **({"betas": list(space.betas[int(share("betas") * len(space.betas))])} if "betas" in half else {}),
        "critic_steps": space.critic_steps[int(share("critic_steps") * len(space.critic_steps))],
    }
    return _scaled(drawn, _within(space.strength, share("strength")))


def chosen(half: dict[str, Any]) -> dict[str, Any]:
    """Select the options of a `train:` half that tuning draws."""
    options: dict[str, Any] = {key: half[key] for key in ("lr", "critic_lr", "betas", "critic_steps") if key in half}
    if isinstance(half["objective"], dict) and "clip" in half["objective"]:
        options["clip"] = half["objective"]["clip"]
    return options | {f"{penalty['name']}.weight": penalty["weight"] for penalty in half.get("penalties", [])}


def _within(ends: tuple[float, float], share: float) -> float:
    low, high = ends
    return low * (high / low) ** share


def _scaled(half: dict[str, Any], factor: float) -> dict[str, Any]:
    """Scale the clip and the penalties' weights of a half by a factor."""
    objective = half["objective"]
    if isinstance(objective, dict) and "clip" in objective:
        half = {**half, "objective": {**objective, "clip": _rounded(objective["clip"] * factor)}}
    if "penalties" in half:
        penalties = [{**penalty, "weight": _rounded(penalty["weight"] * factor)} for penalty in half["penalties"]]
        half = {**half, "penalties": penalties}
    return half


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")
