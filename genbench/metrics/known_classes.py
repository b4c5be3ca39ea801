"""Classes of generated images by Bayes' rule: their shares, sharpness and diversity without any trained ruler.

With p(y | x) the exact posterior of the known distribution, π its class shares and r = E_q p(y | x) those of the
model's images,

    known_class_tv = ½ Σ |r_y − π_y|,
    known_diversity = exp H(r), from 1 to K;  known_sharpness = exp(−E_q H(p(y | x))), from 1/K to 1

(the two factors of the inception score). The total variation of shares is above 0 even for images of the known
distribution itself, of which there are finitely many: known_class_tv_null is its mean there, over normal deviations of
the covariance that the posterior has among the images. Its standard error is over the images, the signs of the
deviations held fixed; it holds between shares that differ by more than chance, and is too large between equal ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from genbench.data.features import Features
from genbench.data.teachers import Teacher
from genbench.metrics import Column, inception_factors
from genbench.metrics._truth import images_of
from genbench.metrics.numerics.estimates import mean_and_error

COLUMNS = {
    "known_class_tv": Column(
        label="class TV, exact",
        better="lower",
        low=0.0,
        high=1.0,
        fails="Of classes only, and above 0 for the truth itself, by its null.",
    ),
    "known_class_tv_se": Column(
        label="class TV, exact, s.e.", better="none", low=0.0, fails="Too large between equal shares.", headline=False
    ),
    "known_class_tv_null": Column(
        label="class TV of the truth",
        better="none",
        low=0.0,
        high=1.0,
        fails="Depends on the number of images.",
        headline=False,
    ),
    "known_sharpness": Column(
        label="sharpness, exact",
        better="higher",
        low=0.0,
        high=1.0,
        fails="Blind to images that are none of any class: one class is then the least unlikely.",
        headline=False,
    ),
    "known_diversity": Column(
        label="diversity, exact",
        better="higher",
        low=1.0,
        fails="Of classes only: one picture per class is as diverse as many.",
        headline=False,
    ),
}
DRAWS = 2000  # of deviations at equal shares


def compute(*, fake: Features, teacher: Teacher, rng: np.random.Generator) -> dict[str, float]:
    """Compute the five numbers of the images in `fake.vectors` (M, D), pixels."""
    posterior = teacher.posterior(images_of("known_classes", teacher, fake=fake))
    off = posterior.mean(axis=0) - teacher.shares
    deviations = rng.multivariate_normal(np.zeros(len(off)), np.cov(posterior.T) / len(posterior), DRAWS, method="eigh")
    factors = inception_factors.compute(fake=replace(fake, probs=posterior))
    return {
        "known_class_tv": float(np.abs(off).sum() / 2),
        "known_class_tv_se": mean_and_error(posterior @ np.sign(off) / 2).error,
        "known_class_tv_null": float(np.abs(deviations).sum(axis=1).mean() / 2),
        "known_sharpness": factors["sharpness"],
        "known_diversity": factors["diversity"],
    }
