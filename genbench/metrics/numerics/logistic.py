"""Multinomial logistic regression on standardised features, by scikit-learn: p(c | x) ∝ exp⟨w_c, (x − m)/s⟩ + b_c.

The mean negative log-likelihood plus penalty/2 · ‖w‖² is strictly convex in w: the fit does not depend on a start, an
order or a seed. m and s are the training features' mean and standard deviation; a constant feature has no weight.
Single precision is enough: with 10,000 vectors of 4,704 features, of a critic, it gives the answers of double precision
and of a tolerance of 1e-6 for all of 5,000 others, in less than a third of the time.
"""

from __future__ import annotations

import numpy as np

from genbench.errors import InputError

TOLERANCE = 1e-4  # of the gradient
STEPS = 1000  # of L-BFGS


def fit_and_predict(vectors: np.ndarray, labels: np.ndarray, tested: np.ndarray, *, penalty: float) -> np.ndarray:
    """Fit (N, D) vectors with their (N,) labels, and give the likeliest label of each of (M, D) tested vectors."""
    # Imported here: it takes longer than most metrics do.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if not penalty > 0:
        raise InputError(f"logistic regression: expected a penalty above 0, got {penalty}")
    classes = np.unique(labels)
    if len(classes) == 1:
        return np.full(len(tested), classes[0])
    # For two classes scikit-learn has one vector, w₂ − w₁, whose square is twice that of both together.
    weight = penalty / 2 if len(classes) == 2 else penalty
    regression = LogisticRegression(C=1 / (len(vectors) * weight), tol=TOLERANCE, max_iter=STEPS)
    model = make_pipeline(StandardScaler(), regression).fit(vectors.astype(np.float32), labels)
    answers: np.ndarray = model.predict(tested.astype(np.float32))
    return answers
