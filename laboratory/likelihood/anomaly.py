"""Anomaly detection: how well a score tells images of another kind from the model's own, as the area under the curve.

    AUROC = P(s' > s) + ½ P(s' = s),

s the score of an image of the model's own dataset and s' of an anomalous one: 1 for a score that is always larger on
anomalies, ½ for one that knows nothing, and below ½ for one that is fooled, as log-likelihoods are when they rank
images of another dataset above those that the model was trained on (Nalisnick et al. 2019, "Do deep generative models
know what they don't know?"). It is the Mann-Whitney statistic over n · m, here with its ties.
"""

from __future__ import annotations

import numpy as np

from genbench.errors import InputError


def auroc(*, own: np.ndarray, anomalous: np.ndarray) -> float:
    """Compute the area from scores (n,) and (m,), larger meaning more anomalous. ±∞ are scores, NaN is none."""
    for name, scores in {"own": own, "anomalous": anomalous}.items():
        if not len(scores) or np.isnan(scores).any():
            raise InputError(f"auroc: expected at least one score and no NaN, {name} has {scores.tolist()[:5]}")
    ordered = np.sort(own)
    below = np.searchsorted(ordered, anomalous, side="left")
    up_to = np.searchsorted(ordered, anomalous, side="right")
    return float((below + up_to).mean() / (2 * len(own)))
