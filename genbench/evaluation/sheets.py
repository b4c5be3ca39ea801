"""Sheets of truncation and of style mixing: Karras et al. (2019), figures 3 and 8.

A model with styles has both: the way from the mean style to that of each code, and images that have the coarse layers
of one code and the fine layers of another. Any other model whose samples have an option `psi` has a sheet of
truncation alone: the same codes under wider and wider bounds, and under none at the end.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from genbench.data.images import Images
from genbench.data.pixels import quantise
from genbench.data.sheets import SIDE
from genbench.models import Model
from genbench.networks.blocks.style import StyleGenerator
from genbench.seeding import torch_rng

#: Bounds of codes of a model without styles.
BOUNDS = (0.2, 0.5, 1.0, 1.5, 2.0, None)

#: From a seed to images (SIDE², C, H, W) in [-1, 1], row by row.
Draw = Callable[[int], Tensor]


def has_styles(model: Model) -> bool:
    """Return whether the model's generator is made of styles."""
    return isinstance(getattr(model, "generator", None), StyleGenerator)


def sheets_of(model: Model) -> dict[str, Draw]:
    """Find the sheets that a model has, by name."""
    if has_styles(model):
        return {"psi": lambda seed: styles_truncated(model, seed), "mixing": lambda seed: styles_mixed(model, seed)}
    if "psi" in inspect.signature(model.sample).parameters:
        return {"psi": lambda seed: codes_truncated(model, seed)}
    return {}


@torch.no_grad()
def draw(sheet: Draw, levels: int, seed: int) -> Images:
    """Draw a sheet on the grey levels of the dataset."""
    pixels = quantise(sheet(seed), levels).cpu().numpy()
    return Images(pixels, torch.full((len(pixels),), -1).numpy())


def styles_truncated(model: Any, seed: int) -> Tensor:
    """Draw the ways from the mean style to those of codes, a row each."""
    styles = _styles(model, SIDE, seed)
    shares = torch.linspace(0, 1, SIDE, device=styles.device)[None, :, None]
    return _images(model, torch.lerp(model.mean_style, styles[:, None], shares).flatten(0, 1))


def styles_mixed(model: Any, seed: int) -> Tensor:
    """Draw images with the coarse layers of one code and the fine ones of another, and the images of both."""
    ours, theirs = _styles(model, 2 * (SIDE - 1), seed).chunk(2)
    layers = model.generator.synthesis.layers
    coarse = (torch.arange(layers, device=ours.device) < (layers + 1) // 2)[None, None, :, None]
    mixed = torch.where(coarse, theirs[None, :, None], ours[:, None, None]).flatten(0, 1)
    images = _images(model, mixed).view(SIDE - 1, SIDE - 1, *model.shape)
    corner = images.new_ones(1, *model.shape)
    first = torch.cat([corner, _images(model, theirs)])[None]
    return torch.cat([first, torch.cat([_images(model, ours)[:, None], images], 1)]).flatten(0, 1)


def codes_truncated(model: Any, seed: int) -> Tensor:
    """Draw the same codes under each of the bounds, a row for each code; their classes are drawn once."""
    labels = model.draw_labels(SIDE, rng=torch_rng(seed, "sheet labels"))
    given = {} if labels is None else {"labels": labels}
    columns = [model.sample(SIDE, rng=torch_rng(seed, "sheet"), psi=psi, **given) for psi in BOUNDS]
    return torch.stack(columns, 1).flatten(0, 1)


def _styles(model: Any, n: int, seed: int) -> Tensor:
    styles: Tensor = model.generator.mapping(model.codes(n, torch_rng(seed, "sheet"), None).to(model.mean_style.device))
    return styles


def _images(model: Any, styles: Tensor) -> Tensor:
    images: Tensor = model.generator.of_styles(styles)
    return images
