"""Measured attributes of images, which are taken as ink on black: a pixel's weight is its brightness from 0 to 1."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.data.captions import Attribute


def ink(images: Tensor) -> Tensor:
    """Return the weights of the pixels of (B, C, H, W) in [-1, 1], the mean over channels, (B, H, W) in [0, 1]."""
    return ((images.float() + 1) / 2).clamp(0, 1).mean(1)


def brightness(images: Tensor) -> Tensor:
    """Measure the mean brightness, (B,) in [0, 1]."""
    return ink(images).mean((1, 2))


def width(images: Tensor) -> Tensor:
    """Measure the standard deviation of the ink's columns as a share of the image's width, (B,); 0 of black images."""
    return _moments(images)[0].clamp(min=0).sqrt() / images.shape[3]


def slant(images: Tensor) -> Tensor:
    """Measure the columns that ink moves to the right by a row upwards, (B,), its slope by least squares.

    0 of black images and of ink in a single row.
    """
    _, of_rows, of_both = _moments(images)
    return torch.where(of_rows > 0, -of_both / of_rows.where(of_rows > 0, 1), 0)


def _moments(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the variance of the ink's columns, of its rows, and their covariance, (B,) each, in squared pixels."""
    weights = ink(images)
    rows, columns = (torch.arange(n, device=images.device, dtype=weights.dtype) for n in weights.shape[1:])
    total = weights.sum((1, 2))
    shares = weights / total.where(total > 0, 1)[:, None, None]
    above = rows[:, None] - (shares.sum(2) * rows).sum(1)[:, None, None]
    right = columns - (shares.sum(1) * columns).sum(1)[:, None, None]
    of_columns, of_rows, of_both = ((shares * part).sum((1, 2)) for part in (right**2, above**2, above * right))
    return of_columns, of_rows, of_both


#: Attributes that every dataset's images have.
MEASURED = (
    Attribute("brightness", brightness, low="dark", high="bright"),
    Attribute("width", width, low="narrow", high="wide"),
    Attribute("slant", slant, low="slanted left", high="slanted right", follows=True),
)
