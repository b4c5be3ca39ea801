"""Random search (Bergstra and Bengio 2012) over the options that runs of all families have.

The space holds options by name, each with a range, drawn evenly in the logarithm and rounded to two digits, or with a
list of choices. A run draws those that its `train:` half has, the defaults of its model's module included, so that one
space serves every family. A draw comes from a stream keyed by (seed, option, trial) alone: all runs meet the same
draws, so that what one finds and another does not is not luck, and more trials leave the earlier ones as they are.
Trial 0 is the run as it stands.

Most options are keys of the half. Two kinds are not:

    <part>_ratio    <part>_lr over lr: a critic's or a prior's rate over that of the rest
    strength        a factor of what bounds a critic's slope, the run's own `clip` or the weights of its penalties

Capacity (width, depth, latent) is in no space: networks of one board stay of comparable size. Nor is what makes a run
another one, such as the objective, or the weight beta of a VAE.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from genbench.files.section import Name, Section, load as load_section
from genbench.find import find
from genbench.options import Count, Natural, Reference
from genbench.seeding import numpy_rng

PARAMS = Path("laboratory/tuning/params.yaml")
RATIO, STRENGTH = "_ratio", "strength"
#: Options that another one must be there for: a decoder without noise has none to learn.
NEEDS = {"learn_noise": "noise"}


def _option(values: Any) -> Any:
    if isinstance(values, list) and values:
        return values
    if isinstance(values, dict) and values.keys() == {"low", "high"}:
        low, high = values["low"], values["high"]
        if all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)) and 0 < low <= high:
            return values
    raise ValueError("should be a list of choices, or a range {low: ..., high: ...} of positive numbers")


#: The values of each option by name: {"low": float, "high": float}, or a list.
Space = dict[Name, Annotated[Any, AfterValidator(_option)]]
Half = dict[str, Any]


class Tuning(Section):
    """Search of each run: its default options and `trials` draws, each judged by `images` samples.

    extractor: what KID is measured with, by name or as {name: ..., option: value}. seed: of draws and of trainings.
    The budget of a trial is that of the benchmark's params.yaml.
    """

    runs: Annotated[list[Name], Field(min_length=1)]
    extractor: Reference
    trials: Count
    images: Annotated[int, Field(ge=3, strict=True)]
    seed: Natural
    space: Annotated[Space, Field(min_length=1)]


def load(path: Path = PARAMS) -> Tuning:
    """Read and check the study's params; what is wrong with them is one InputError line."""
    return load_section(path, Tuning)


def resolved(half: Half, batch: int) -> Half:
    """Complete a `train:` half by the defaults of its model's module, and by the board's `batch`.

    A rate <part>_lr that is left out is `lr`.
    """
    options = inspect.signature(find("models", str(half.get("model"))).build).parameters.values()
    whole = {"batch": batch, **{one.name: one.default for one in options if one.default is not one.empty}, **half}
    return {key: whole["lr"] if key.endswith("_lr") and value is None else value for key, value in whole.items()}


def drawn_options(whole: Half, space: Mapping[str, Any]) -> list[str]:
    """List the options of the space that a resolved half has; rates come before the ratios to them."""
    had = [option for option in space if _has(whole, option) and _has(whole, NEEDS.get(option, option))]
    return sorted(had, key=lambda option: option.endswith(RATIO))


def draw(half: Half, space: Mapping[str, Any], *, seed: int, trial: int, batch: int) -> Half:
    """Draw the options of a trial into a `train:` half; trial 0 is the half as it stands. batch: the board's."""
    if trial == 0:
        return half
    drawn = dict(half)
    for option in drawn_options(resolved(half, batch), space):
        value = _value(space[option], float(numpy_rng(seed, f"tuning {option}", trial).random()))
        if option == STRENGTH:
            drawn = _scaled(drawn, value)
        elif option.endswith(RATIO):
            drawn[_key(option)] = _rounded(value * drawn["lr"])
        else:
            drawn[option] = value
    return drawn


def chosen(whole: Half, space: Mapping[str, Any]) -> dict[str, Any]:
    """Select what tuning decides of a resolved half: by key, and by "clip" and "<penalty>.weight"."""
    options = drawn_options(whole, space)
    values = {_key(option): whole[_key(option)] for option in options if option != STRENGTH}
    return values | (_bounds(whole) if STRENGTH in options else {})


def _key(option: str) -> str:
    return f"{option.removesuffix(RATIO)}_lr" if option.endswith(RATIO) else option


def _has(whole: Half, option: str) -> bool:
    return bool(_bounds(whole)) if option == STRENGTH else whole.get(_key(option)) is not None


def _value(values: Any, share: float) -> Any:
    """Return the value of an option at a share in [0, 1) of its range or choices."""
    if isinstance(values, list):
        return values[int(share * len(values))]
    return _rounded(values["low"] * (values["high"] / values["low"]) ** share)


def _bounds(half: Half) -> dict[str, float]:
    """List the clip and the weights of the penalties of a half, by what `chosen` calls them."""
    objective = half.get("objective")
    clip = {"clip": objective["clip"]} if isinstance(objective, dict) and "clip" in objective else {}
    return clip | {f"{penalty['name']}.weight": penalty["weight"] for penalty in half.get("penalties", [])}


def _scaled(half: Half, factor: float) -> Half:
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
