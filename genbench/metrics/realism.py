"""Realism of generated images: the median of how deep each one lies in the manifold of the real ones.

    R(y) = max over i of rᵢ / ‖y − xᵢ‖,

rᵢ the distance of the real vector xᵢ to its k-th nearest other one, over the half of the real vectors with the smaller
rᵢ (Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", 2019, equation 3). At
least 1 inside a ball. The number of each image is :func:`genbench.metrics.numerics.balls.realism`.

A near copy of a real image has an R as large as one likes, so that a mean would be ruled by a few of them; the median
is not. It comes without a standard error: that of a median over generated images leaves out the choice of the real
ones, which is as large a part.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.numerics.balls import realism
from genbench.metrics.numerics.neighbours import require_k

HIGHEST = 1e6  # in place of the infinite realism of a copy

COLUMNS = {
    "realism": Column(
        label="realism",
        better="higher",
        low=0.0,
        high=HIGHEST,
        fails="Copies score best, and one good image many times scores well; real images among themselves are near 1.",
        headline=False,
    ),
}
DEFAULTS = {"k": 3}


def compute(*, real: Features, fake: Features, k: int) -> dict[str, float]:
    """Compute the median over `fake.vectors` (M, D) against `real.vectors` (N, D), 1 ≤ k < min(N, M).

    k = 3 in the paper, at 50,000 images. A median beyond 10⁶ is given as 10⁶.
    """
    require_k("realism", k, real=real.vectors, fake=fake.vectors)
    scores = np.minimum(realism(fake.vectors, real=real.vectors, k=k), HIGHEST)
    return {"realism": float(np.median(scores))}
