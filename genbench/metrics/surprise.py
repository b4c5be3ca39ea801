"""Surprise: images less likely, or likelier, than those of the distribution that the data were drawn from.

With p the known distribution of D pixels, q the model's, H(p) the entropy,

    surprise = (E_q[−log₂ p(x)] − H(p)) / D    bits per dimension.

It is 0 for p itself, above 0 where images are unlikely, below 0 where they are too typical. By KL(q‖p) =
surprise · D + H(p) − H(q) it is the part of that divergence which does not need q. Its standard error is over the
generated images, and over the samples that the entropy was estimated from.
"""

from __future__ import annotations

import math

import numpy as np

from genbench.data.features import Features
from genbench.data.teachers import Teacher
from genbench.metrics import Column
from genbench.metrics._truth import images_of
from genbench.metrics.numerics.estimates import mean_and_error

COLUMNS = {
    "surprise": Column(
        label="surprise",
        better="none",
        fails="Best at 0, and 0 too for a likely image repeated, or a class dropped: it looks at each image alone.",
    ),
    "surprise_se": Column(
        label="surprise s.e.", better="none", low=0.0, fails="Leaves out the training of the model.", headline=False
    ),
}


def compute(*, fake: Features, teacher: Teacher) -> dict[str, float]:
    """Compute the surprise of the images in `fake.vectors` (M, D), pixels, and its standard error."""
    bits = math.log(2) * teacher.dimensions
    nats, error = mean_and_error(-teacher.log_probability(images_of("surprise", teacher, fake=fake)))
    return {
        "surprise": (nats - teacher.entropy.value) / bits,
        "surprise_se": float(np.hypot(error, teacher.entropy.error)) / bits,
    }
