"""Lower bounds of divergences between the model and the known distribution, by a classifier that is told log p.

Any function D of images with values in (0, 1) gives

    JS(p, q) ≥ 1 + ½ E_p log₂ D + ½ E_q log₂(1 − D)    bits    (Goodfellow et al., "Generative adversarial nets", 2014),
    TV(p, q) ≥ P_p(D > t) − P_q(D > t)    for every t.

D is made on one half of the images and these are scored on the other, so that the bounds hold in mean. It is
gradient-boosted trees on the pixels, log p(x) and the posterior of classes. Two thirds of the first half fit the trees;
the other third chooses a factor of their logits for the first bound and t for the second, those whose bound less two
standard errors is largest. Where that is not above 0, the trees have learnt nothing and the bound is 0, and not below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from scipy.special import log_expit, logsumexp

from genbench.data.features import Features
from genbench.data.teachers import Teacher, posterior
from genbench.errors import InputError
from genbench.metrics import Column
from genbench.metrics._truth import images_of
from genbench.metrics.numerics.estimates import Estimate, equal_numbers, mean_and_error

COLUMNS = {
    "js_bound": Column(
        label="JS ≥",
        better="lower",
        high=1.0,
        fails="A lower bound: what the classifier does not see is missing.",
    ),
    "js_bound_se": Column(
        label="JS ≥, s.e.", better="none", low=0.0, fails="Leaves out the classifier's training.", headline=False
    ),
    "tv_bound": Column(
        label="TV ≥",
        better="lower",
        high=1.0,
        fails="A lower bound: what the classifier does not see is missing.",
        headline=False,
    ),
    "tv_bound_se": Column(
        label="TV ≥, s.e.", better="none", low=0.0, fails="Leaves out the classifier's training.", headline=False
    ),
}
FACTORS = (0.25, 0.5, 0.75, 1.0)
SHARES = np.linspace(0.02, 0.98, 49)  # of the images, below which thresholds are tried
LEAST = 60  # images of each kind
Logits = tuple[np.ndarray, np.ndarray]  # of real and of generated images
Bound = Callable[[np.ndarray, np.ndarray, float], Estimate]


def compute(*, real: Features, fake: Features, teacher: Teacher, rng: np.random.Generator) -> dict[str, float]:
    """Compute both bounds from the images in `real.vectors` (N, D) and `fake.vectors` (M, D), pixels.

    Equally many of both are used, at least `LEAST`; `rng` draws and halves them.
    """
    sides = equal_numbers(_inputs(teacher, real=real), _inputs(teacher, fake=fake), rng)
    if len(sides[0]) < LEAST:
        raise InputError(f"divergence_bounds: needs at least {LEAST} images of each kind, got {len(sides[0])}")
    n = len(sides[0])
    of_real, of_fake = (side[rng.permutation(n)] for side in sides)
    fitted, chosen = n // 3, n // 2
    logits = _fit(of_real[:fitted], of_fake[:fitted])
    tuned = logits(of_real[fitted:chosen]), logits(of_fake[fitted:chosen])
    scored = logits(of_real[chosen:]), logits(of_fake[chosen:])
    js = _best(_js, FACTORS, tuned, scored)
    tv = _best(_tv, np.quantile(np.concatenate(tuned), SHARES), tuned, scored)
    return {"js_bound": js.value, "js_bound_se": js.error, "tv_bound": tv.value, "tv_bound_se": tv.error}


def _inputs(teacher: Teacher, **side: Features) -> np.ndarray:
    """Give the pixels, log p(x) and p(y | x) of the images of one set, named as in real=..., (N, D + 1 + K)."""
    ((features),) = side.values()
    joint = teacher.log_joint(images_of("divergence_bounds", teacher, **side))
    return np.column_stack([features.vectors, logsumexp(joint, axis=1), posterior(joint)])


def _fit(real: np.ndarray, fake: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Fit trees that tell real from generated inputs, and give the function to their logits of being real."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # here: it takes longer than most metrics do

    trees = HistGradientBoostingClassifier(early_stopping=True, random_state=0, max_leaf_nodes=15)
    trees.fit(np.concatenate([fake, real]), np.repeat([0, 1], [len(fake), len(real)]))
    logits: Callable[[np.ndarray], np.ndarray] = trees.decision_function
    return logits


def _best(bound: Bound, choices: Iterable[float], tuned: Logits, scored: Logits) -> Estimate:
    """Estimate a bound with the one of `choices` that is best of `tuned` logits from those that are `scored`."""
    found = [(bound(*tuned, choice), choice) for choice in choices]
    least, best = max((each.value - 2 * each.error, choice) for each, choice in found)
    return bound(*scored, best) if least > 0 else Estimate(0.0, 0.0)


def _js(real: np.ndarray, fake: np.ndarray, factor: float) -> Estimate:
    """Estimate the bound of the Jensen–Shannon divergence in bits from logits of real and of generated images."""
    of_real, of_fake = (mean_and_error(log_expit(factor * logits) / math.log(2)) for logits in (real, -fake))
    return Estimate(1 + (of_real.value + of_fake.value) / 2, float(np.hypot(of_real.error, of_fake.error)) / 2)


def _tv(real: np.ndarray, fake: np.ndarray, threshold: float) -> Estimate:
    """Estimate the bound of the total variation.

    The error is that of one more logit on either side of the threshold: where none is on one, their spread is 0.
    """
    sides = real > threshold, fake > threshold
    of_real, of_fake = (mean_and_error(np.append(side, [True, False])).error for side in sides)
    return Estimate(float(np.mean(sides[0]) - np.mean(sides[1])), float(np.hypot(of_real, of_fake)))
