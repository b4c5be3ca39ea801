"""Precision and recall within classes: means over classes of both, each class judged against its own real images.

Equations 1 and 2 of Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models" (2019),
for the images of one class, then averaged as Miyato, Koyama, "cGANs with projection discriminator" (2018), average FID.
An image of a wrong class is outside the manifold of the class that it was asked for, and a class of which one image is
made has no recall, whatever the other classes are like. Classes have equal weight.

The standard errors are those of a mean of independent shares, each over the choice of both sets
(:func:`genbench.metrics.numerics.estimates.held_share`).
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._classes import within_classes
from genbench.metrics.numerics.estimates import Estimate, held_share
from genbench.metrics.numerics.neighbours import between, require_k

COLUMNS = {
    "precision_within_classes": Column(
        label="precision within classes",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Few images of a class have large balls: compare at equal numbers only; copies score 1.",
        headline=False,
    ),
    "recall_within_classes": Column(
        label="recall within classes",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Bad scattered samples of a class have large balls that cover its real images.",
        headline=False,
    ),
    "precision_within_classes_se": Column(
        label="precision within classes s.e.",
        better="none",
        low=0.0,
        fails="Takes the balls' radii for independent.",
        headline=False,
    ),
    "recall_within_classes_se": Column(
        label="recall within classes s.e.",
        better="none",
        low=0.0,
        fails="Takes the balls' radii for independent.",
        headline=False,
    ),
}
DEFAULTS = {"k": 3}


def compute(*, real: Features, fake: Features, k: int) -> dict[str, float]:
    """Compute both means from `real.vectors` (N, D) and `fake.vectors` (M, D) of each class, k ≥ 1.

    Classes are labels where every image has one, else the classifier's. More than k images of each class on both sides.
    """
    require_k("precision_recall_within_classes", k, real=real.vectors, fake=fake.vectors)
    precisions, recalls = [], []
    for a, b in within_classes("precision_recall_within_classes", real=real, fake=fake, least=k + 1):
        near = between(real=a, fake=b, k=k)
        precisions.append(held_share(near.around_fake[:, k - 1] > 0, near.only_in_real_ball[:, k - 1]))
        recalls.append(held_share(near.around_real[:, k - 1] > 0, near.only_in_fake_ball[:, k - 1]))
    precision, recall = _mean(precisions), _mean(recalls)
    return {
        "precision_within_classes": precision.value,
        "recall_within_classes": recall.value,
        "precision_within_classes_se": precision.error,
        "recall_within_classes_se": recall.error,
    }


def _mean(estimates: list[Estimate]) -> Estimate:
    """Average independent estimates with equal weight."""
    values, errors = np.transpose(estimates)
    return Estimate(float(values.mean()), float(np.linalg.norm(errors) / len(errors)))
