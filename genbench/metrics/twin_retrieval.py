"""Twin retrieval: the share of translations to which, of all targets, their own is the nearest.

By Euclidean distance of features, or of pixels under the extractor pixels; of k equally near targets it counts 1/k
(:mod:`genbench.metrics.twins.features`). 1/N by chance, of N pairs.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.twins import features

COLUMNS = {
    "twin_retrieval": Column(
        label="twin retrieval",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Depends on the number of targets, and on how much they resemble each other.",
        everywhere=True,
    ),
}


def compute(*, fake: Features, twins: Features) -> dict[str, np.ndarray]:
    """Tell of each pair of `fake.vectors` and `twins.vectors` (N, D) whether it was found, (N,) from 0 to 1."""
    return {"twin_retrieval": features.twin_found(fake.vectors, twins.vectors)}
