"""Fréchet distance over several layers, each relative to the variance of the real images in it.

    mean over layers of d²(N(m_r, Σ_r), N(m_f, Σ_f)) / tr Σ_r

The division by the total variance of the real images lets layers of any width and scale count alike; a value of 1 is
what a generator of one average image has. The distance is in :mod:`genbench.metrics.numerics.gaussians`.

It comes without a standard error: that of :mod:`genbench.metrics.fid_infinity` asks for more images than dimensions,
which the layers of a network with places in the image do not leave.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics._layers import require_layers
from genbench.metrics.numerics.gaussians import frechet_distance, gaussian

COLUMNS = {
    "fid_layers": Column(
        label="FID over layers",
        better="lower",
        low=0.0,
        fails="As FID: two moments, biased by the number of images; its value means nothing for other layers.",
        headline=False,
    )
}
DEFAULTS = {"layers": lambda fake: sorted(fake.layers)}


def compute(*, real: Features, fake: Features, layers: Sequence[str]) -> dict[str, float]:
    """Compute `fid_layers` over the named layers of `real.layers` and `fake.layers`, (N, D_layer) each."""
    require_layers("fid_layers", layers, real=real, fake=fake)
    return {"fid_layers": float(np.mean([_relative_distance(name, real=real, fake=fake) for name in layers]))}


def _relative_distance(layer: str, *, real: Features, fake: Features) -> float:
    of_real = gaussian(real.layers[layer])
    if of_real.trace == 0:
        raise InputError(f"fid_layers: layer {layer!r} is the same for all real images")
    return frechet_distance(of_real, gaussian(fake.layers[layer])) / of_real.trace
