"""Improved precision and recall: the share of one set that lies on the manifold of the other.

Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models" (2019), equations 1 and 2.
The manifold of a set is the union of the balls around its vectors that reach their k-th nearest neighbour; a point
on the rim is inside. Precision: generated images inside the manifold of the real ones. Recall: the other way round.
A generator that repeats one good picture has high precision and recall near 0.

The standard errors are over the choice of both sets (:func:`genbench.metrics.numerics.estimates.held_share`).
"""

from __future__ import annotations

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.numerics.estimates import held_share
from genbench.metrics.numerics.neighbours import between, require_k

COLUMNS = {
    "precision": Column(
        label="precision",
        better="higher",
        low=0.0,
        high=1.0,
        fails="One outlier among the real images has a ball that covers much of the space; copies score 1.",
    ),
    "recall": Column(
        label="recall",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Bad scattered samples have large balls that cover real images; it grows with the number of images.",
    ),
    "precision_se": Column(
        label="precision s.e.", better="none", low=0.0, fails="Takes the balls' radii for independent.", headline=False
    ),
    "recall_se": Column(
        label="recall s.e.", better="none", low=0.0, fails="Takes the balls' radii for independent.", headline=False
    ),
}
STANDARD = True
DEFAULTS = {"k": 3}


def compute(*, real: Features, fake: Features, k: int) -> dict[str, float]:
    """Compute precision and recall of `fake.vectors` (M, D) against `real.vectors` (N, D), 1 ≤ k < min(N, M).

    k = 3 in the paper, at 50,000 images.
    """
    require_k("precision_recall", k, real=real.vectors, fake=fake.vectors)
    near = between(real=real.vectors, fake=fake.vectors, k=k)
    precision, precision_se = held_share(near.around_fake[:, k - 1] > 0, near.only_in_real_ball[:, k - 1])
    recall, recall_se = held_share(near.around_real[:, k - 1] > 0, near.only_in_fake_ball[:, k - 1])
    return {"precision": precision, "recall": recall, "precision_se": precision_se, "recall_se": recall_se}
