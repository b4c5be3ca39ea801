"""Memorisation: generated images that are nearer to the training images than unseen real images are.

Let d(x) be the distance of an image to the nearest training image t(x), and s(t) the distance of t to its own nearest
other training image.

    copying = P(d(generated) < d(held out)), ties half: 1/2 where the generator is as near as unseen real images are,
    1 where it copies (Meehan et al., "A non-parametric test to detect data-copying in generative models", 2020,
    section 3: a Mann-Whitney statistic);
    authenticity = P(d(x) > s(t(x))) over generated images (Alaa et al., "How faithful is your synthetic data?", 2022,
    section 3.3) less the same over held-out images: it is not 1/2 or 1 for honest samples, and depends on the number
    of training images, so that only the difference to its null means something.

Standard errors are over generated and held-out images (DeLong et al. 1988 for the first), the training set held fixed.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.numerics.estimates import mean_and_error
from genbench.metrics.numerics.neighbours import nearest

COLUMNS = {
    "copying": Column(
        label="copying",
        better="none",
        low=0.0,
        high=1.0,
        fails="Best at 1/2: bad images are far from everything and score near 0; averages over modes copied or not.",
        headline=False,
    ),
    "copying_se": Column(
        label="copying s.e.", better="none", low=0.0, fails="Leaves out the training images.", headline=False
    ),
    "authenticity_gap": Column(
        label="authenticity − null",
        better="none",
        low=-1.0,
        high=1.0,
        fails="Best at 0: copies are below it, and both noise and honest novelty above.",
        headline=False,
    ),
    "authenticity_gap_se": Column(
        label="authenticity s.e.", better="none", low=0.0, fails="Leaves out the training images.", headline=False
    ),
}


def compute(*, fake: Features, train: Features, held_out: Features) -> dict[str, float]:
    """Compute the four numbers from `fake.vectors` (M, D), `train.vectors` (T, D) and `held_out.vectors` (H, D)."""
    near = nearest(np.concatenate([fake.vectors, held_out.vectors]), among=train.vectors)
    chosen, of_each = np.unique(near.places[:, 0], return_inverse=True)
    spacing = nearest(train.vectors[chosen], among=train.vectors, k=2).distances[of_each, 1]  # the first is itself
    distances = near.distances[:, 0]
    of_fake, of_held_out = slice(len(fake)), slice(len(fake), None)
    copying, copying_se = _probability_nearer(distances[of_fake], distances[of_held_out])
    authentic, baseline = (mean_and_error((distances > spacing)[part]) for part in (of_fake, of_held_out))
    return {
        "copying": copying,
        "copying_se": copying_se,
        "authenticity_gap": authentic.value - baseline.value,
        "authenticity_gap_se": float(np.hypot(authentic.error, baseline.error)),
    }


def _probability_nearer(fake: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    """Estimate P(fake < held_out) + ½ P(=) over all pairs of two sets of distances, with its standard error."""
    further = 1 - _rank(held_out, fake)  # (M,) for each generated image, the share of held-out ones further off
    nearer = _rank(fake, held_out)  # (H,) for each held-out image, the share of generated ones nearer
    over_fake, over_held_out = mean_and_error(further), mean_and_error(nearer)
    return over_fake.value, float(np.hypot(over_fake.error, over_held_out.error))


def _rank(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Give the share of `values` below each point, equal ones counted half."""
    ordered = np.sort(values)
    below, upto = (np.searchsorted(ordered, points, side=side) for side in ("left", "right"))
    return (below + upto) / (2 * len(values))
