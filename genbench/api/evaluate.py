"""Metrics of generated images against real ones: `genbench evaluate` for Python."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from genbench.api._located import Images, located, without
from genbench.errors import InputError
from genbench.evaluation.cache import default_folder
from genbench.evaluation.evaluate import Evaluation, evaluate as compute
from genbench.evaluation.features import Measuring


def evaluate(
    *,
    real: Images,
    fake: Images,
    train: Images | None = None,
    held_out: Images | None = None,
    metrics: Sequence[str] | None = None,
    extractor: str | os.PathLike[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
    skip_broken: bool = False,
    cache: bool = True,
) -> Evaluation:
    """Compare generated images with real ones, to the numbers of `genbench evaluate`.

    Each side is images or features of them:

    - a path: a folder, zip or tar file of pictures, an array in .npy or .npz, features that `genbench features`
      saved, for `real` also an .npz with a mean and covariance; or the text NAME/SPLIT of a prepared dataset;
    - a NumPy array or PyTorch tensor of images, uint8 from 0 to 255, (N, H, W, C) or (N, C, H, W) with C 1 or 3, or
      grey (N, H, W); or a list of Pillow's images, which may differ in size and mode;
    - an array or tensor of features, floats of shape (N, D), whose extractor nobody knows.

    Args:
        real: real images.
        fake: generated images.
        train: images that the generator was trained on, for memorisation.
        held_out: real images that it was not trained on, for memorisation.
        metrics: names of modules of genbench/metrics; None for the common set, without what cannot be had.
        extractor: a module of genbench/extractors, or a folder that one was obtained in; None for that of the saved
            features, else "inception", whose weights may have to be downloaded.
        options: by metric, and under "extractor" those of the extractor: {"precision_recall": {"k": 5}}.
        seed: of metrics that draw at random.
        skip_broken: leave out images that cannot be read, instead of refusing the set.
        cache: keep features for the next time in the user's cache folder, and take them from there.

    Returns:
        The numbers by key in `metrics`, what real images score in `floors`, and in `protocol` all that must be equal
        in another evaluation for the two to be compared; `document()` gives what `genbench evaluate --json` writes.

    Raises:
        InputError: what was given is not usable; one line says why. It is a ValueError.

    Examples:
        >>> import genbench, numpy as np
        >>> real = np.random.default_rng(0).integers(256, size=(100, 8, 8), dtype=np.uint8)
        >>> genbench.evaluate(real=real, fake=np.zeros_like(real), extractor="pixels", cache=False).metrics["recall"]
        0.0
        >>> genbench.evaluate(real=real, fake=real, metrics="fid")
        Traceback (most recent call last):
        genbench.errors.InputError: metrics: expected a list of names, such as ['fid'], got 'fid'
    """
    names, chosen = _names(metrics), _options(options)
    named = None if extractor is None else _extractor(extractor)
    how = Measuring(named, chosen.pop("extractor", {}), skip_broken, default_folder() if cache else None)
    others = {"train": train, "held_out": held_out}
    sides = {"real": real, "fake": fake, **{side: held for side, held in others.items() if held is not None}}
    with located(sides) as (locations, folder):
        found = compute(locations, how, metrics=names, options=chosen, seed=seed)
        return replace(found, protocol=without(found.protocol, folder), notes=without(found.notes, folder))


def _names(metrics: Any) -> list[str] | None:
    if isinstance(metrics, str):
        raise InputError(f"metrics: expected a list of names, such as [{metrics!r}], got {metrics!r}")
    return None if metrics is None else list(metrics)


def _options(options: Any) -> dict[str, dict[str, Any]]:
    values = options or {}
    if not isinstance(values, Mapping) or not all(isinstance(value, Mapping) for value in values.values()):
        raise InputError(
            f'options: expected a mapping for each metric, such as {{"precision_recall": {{"k": 5}}}}, got {options!r}'
        )
    return {name: dict(value) for name, value in values.items()}


def _extractor(extractor: Any) -> str:
    if not isinstance(extractor, str | os.PathLike):
        raise InputError(
            f"extractor: expected a name or a folder, got {type(extractor).__name__}; features of a network of your "
            "own can be given in place of images, as arrays (N, D)"
        )
    return os.fspath(extractor)
