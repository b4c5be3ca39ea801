"""Scores of translated images against their twins, the true targets of the same sources.

Row i of the outputs belongs to row i of the targets. Every score but the perceptual distance's unit is of a pair alone,
so that functions give one number a pair: their mean is the score, its standard error is over the pairs
(:func:`genbench.metrics.numerics.estimates.mean_and_error`), and the worst and the best pairs are at its ends.
"""

from __future__ import annotations

import numpy as np

from genbench.errors import InputError


def require_twins(name: str, outputs: np.ndarray, targets: np.ndarray) -> None:
    """Refuse outputs that are not as many, or not of the shape, as the targets, and fewer than one."""
    if outputs.shape != targets.shape or len(targets) < 1:
        raise InputError(
            f"{name}: expected an output of the same shape for each target, at least one; got outputs of "
            f"{outputs.shape} and targets of {targets.shape}"
        )
