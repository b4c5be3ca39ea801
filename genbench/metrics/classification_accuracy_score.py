"""Classification accuracy score: accuracy on real images of a classifier that learned from generated ones.

Ravuri, Vinyals, "Classification accuracy score for conditional generative models" (2019). The classifier is a logistic
regression on the extractor's standardised features, trained on generated images with the classes that they were asked
for, tested on real ones. It needs a generator of given classes.

It comes without a standard error: that of a share over the real images leaves out the choice of the images that the
classifier learned from (in the pixels of 300 digits it is half of the spread over draws of both), and an honest one
would fit the classifier many times.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column, NotGivenError
from genbench.metrics.numerics.logistic import fit_and_predict

COLUMNS = {
    "classification_accuracy_score": Column(
        label="CAS",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Blind to images that are bad in a way that does not confuse classes; one good image a class goes far.",
        headline=False,
    ),
}
DEFAULTS = {"penalty": 1.0}


def compute(*, real: Features, fake: Features, penalty: float) -> dict[str, float]:
    """Compute the accuracy on `real` (N, D) of a classifier trained on `fake` (M, D), both with labels.

    penalty: of the squared weights, above 0. A class that `fake` has no image of is never answered.
    """
    answers = fit_and_predict(fake.vectors, _labels("fake", fake), real.vectors, penalty=penalty)
    return {"classification_accuracy_score": float(np.mean(answers == _labels("real", real)))}


def _labels(name: str, side: Features) -> np.ndarray:
    if side.labels is None or (side.labels < 0).any():
        raise NotGivenError(f"classification_accuracy_score: needs the class of every image, {name} has unknown ones")
    return side.labels
