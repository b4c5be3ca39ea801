"""Multinomial logistic regression on standardised features: p(c | x) ∝ exp⟨w_c, (x − m)/s⟩ + b_c.

The mean negative log-likelihood plus penalty/2 · ‖w‖² is strictly convex in w: the fit does not depend on a start, an
order or a seed. m and s are the training features' mean and standard deviation; a constant feature is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from genbench.errors import InputError


@dataclass(frozen=True)
class Logistic:
    """weights: (D, K), bias: (K,), for features as they come."""

    weights: np.ndarray
    bias: np.ndarray

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """(N,) the likeliest class of (N, D) vectors."""
        answers: np.ndarray = (vectors @ self.weights + self.bias).argmax(axis=1)
        return answers


def fit(vectors: np.ndarray, labels: np.ndarray, *, classes: int, penalty: float) -> Logistic:
    """Fit (N, D) vectors with (N,) labels from 0 to classes − 1."""
    if not penalty > 0:
        raise InputError(f"logistic regression: expected a penalty above 0, got {penalty}")
    mean, spread = vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64)
    constant = vectors.min(axis=0) == vectors.max(axis=0)
    scale = np.where(constant, 0, 1 / np.where(constant, 1, spread))
    inputs, targets = (vectors - mean) * scale, np.eye(classes)[labels]
    shape = (vectors.shape[1] + 1, classes)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = flat.reshape(shape)[:-1], flat.reshape(shape)[-1]
        logs = log_softmax(inputs @ weights + bias, axis=1)
        error = (np.exp(logs) - targets) / len(inputs)
        gradient = np.concatenate([inputs.T @ error + penalty * weights, error.sum(axis=0, keepdims=True)])
        loss = -(logs * targets).sum() / len(inputs) + penalty / 2 * (weights**2).sum()
        return float(loss), gradient.ravel()

    found = minimize(objective, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    weights = found.x.reshape(shape)[:-1] * scale[:, None]
    return Logistic(weights, found.x.reshape(shape)[-1] - mean @ weights)
