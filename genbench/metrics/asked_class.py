"""Asked class: the probability, by Bayes' rule, that a generated image is of the class that it was asked for.

The mean over generated images x, with the label y that each was asked for, of the exact posterior p(y | x) of the known
distribution. Images of that distribution itself have E Σ_y p(y | x)², a little below 1 where classes look alike.

The standard error is over the images, with one more that is right and one that is wrong: of a good model hardly any
image is wrong, and where none is, their spread says nothing.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.data.teachers import Teacher
from genbench.metrics import Column
from genbench.metrics._truth import classes_of, images_of
from genbench.metrics.numerics.estimates import mean_and_error

COLUMNS = {
    "asked_class": Column(
        label="asked class",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Of classes only: one image of each, repeated, has the best value.",
        headline=False,
    ),
    "asked_class_se": Column(
        label="asked class s.e.", better="none", low=0.0, fails="Leaves out the training of the model.", headline=False
    ),
}


def compute(*, fake: Features, teacher: Teacher) -> dict[str, float]:
    """Compute the share of the images in `fake.vectors` (M, D), pixels, with `fake.labels` (M,), and its error."""
    labels = classes_of("asked_class", teacher, fake=fake)
    posterior = teacher.posterior(images_of("asked_class", teacher, fake=fake))
    asked = posterior[np.arange(len(posterior)), labels]
    return {"asked_class": float(asked.mean()), "asked_class_se": mean_and_error(np.append(asked, [0.0, 1.0])).error}
