"""Class kept: the share of translations in which the extractor's classifier sees the class of the true target.

NotGivenError of an extractor without class probabilities or of other classes, and of images without any
(:mod:`genbench.metrics.twins.features`).
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column, NotGivenError
from genbench.metrics.twins import features

COLUMNS = {
    "class_kept": Column(
        label="class kept",
        better="higher",
        low=0.0,
        high=1.0,
        fails="The classifier errs on real images too: the row of the truth has its accuracy.",
    ),
}


def compute(*, fake: Features, twins: Features) -> dict[str, np.ndarray]:
    """Tell of each image whether `fake.probs` (N, K) is largest for its class in `twins.labels`, (N,) 0 or 1."""
    if fake.probs is None:
        raise NotGivenError(f"class_kept: needs class probabilities, {fake.protocol.extractor} has none")
    classes = 0 if twins.labels is None or twins.labels.min() < 0 else int(twins.labels.max()) + 1
    if twins.labels is None or classes != fake.probs.shape[1]:
        raise NotGivenError(
            f"class_kept: needs an extractor of the dataset's own classes; {fake.protocol.extractor or 'this one'} "
            f"tells {fake.probs.shape[1]} apart, the targets have {classes}"
        )
    return {"class_kept": features.class_kept(fake.probs, twins.labels).astype(np.float64)}
