"""FID within classes (intra-class FID): the mean over classes of the Fréchet distance between images of one class.

Miyato, Koyama, "cGANs with projection discriminator" (2018): a conditional generator that makes one image a
class, or images of the wrong class, has a good FID of all images and a bad one within classes. Classes have equal
weight. Each distance is biased upwards as FID is, the more as a class has fewer images than all: the value compares
with others at the same numbers of images, and with no FID of all images.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._classes import within_classes
from genbench.metrics.numerics.gaussians import frechet_distance, gaussian

LEAST = 2  # images that have a covariance

COLUMNS = {
    "fid_within_classes": Column(
        label="FID within classes",
        better="lower",
        low=0.0,
        fails="Bias of the few images in a class rules it, and shares of classes are not seen.",
        headline=False,
    )
}


def compute(*, real: Features, fake: Features) -> dict[str, float]:
    """Compute the mean distance between `real.vectors` (N, D) and `fake.vectors` (M, D) of a class.

    Classes are labels where every image has one, else the classifier's. At least 2 images of each class on both sides.
    """
    pairs = within_classes("fid_within_classes", real=real, fake=fake, least=LEAST)
    return {"fid_within_classes": float(np.mean([frechet_distance(gaussian(a), gaussian(b)) for a, b in pairs]))}
